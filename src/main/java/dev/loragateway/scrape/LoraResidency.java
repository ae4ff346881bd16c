package dev.loragateway.scrape;

import dev.loragateway.model.EndpointLoad.LoadedAdapters;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The adapters that a server reports as loaded ({@code vllm:lora_adapter_loaded}). Over several
 * engines the least holds: an adapter is at the GPU if each engine that reports has it there, and
 * at the CPU if each has it somewhere, for a request may go to any of them. Confined to the thread
 * that parses.
 */
final class LoraResidency {
  private final Set<String> engines = new HashSet<>();
  private final Map<String, Set<String>> gpu = new HashMap<>();
  private final Map<String, Set<String>> cpu = new HashMap<>();
  private double total;

  /** Takes in one series of {@code vllm:lora_adapter_loaded}. */
  void addAdapter(Labels labels, double value) {
    String engine = labels.getOrEmpty("engine");
    engines.add(engine);
    String adapter = labels.getOrEmpty("adapter_name");
    if (adapter.isEmpty() || !(value > 0)) {
      return;
    }
    switch (labels.getOrEmpty("level")) {
      case "gpu" -> gpu.computeIfAbsent(adapter, name -> new HashSet<>()).add(engine);
      case "cpu" -> cpu.computeIfAbsent(adapter, name -> new HashSet<>()).add(engine);
      default -> {}
    }
  }

  /** Takes in one series of {@code vllm:num_gpu_loaded_lora_adapters}. */
  void addTotal(Labels labels, double value) {
    engines.add(labels.getOrEmpty("engine"));
    total += Gauges.count(value);
  }

  /** The loaded adapters, or null when the server does not name them. */
  @Nullable LoadedAdapters loaded() {
    boolean unnamed = gpu.isEmpty() && total > 0;
    if (engines.isEmpty() || unnamed) {
      return null;
    }
    Set<String> onGpu = new HashSet<>();
    Set<String> onCpu = new HashSet<>();
    gpu.forEach((adapter, at) -> put(onGpu, adapter, at));
    cpu.forEach((adapter, at) -> put(onCpu, adapter, at));
    gpu.forEach(
        (adapter, at) -> {
          if (!onGpu.contains(adapter)) {
            Set<String> anywhere = new HashSet<>(at);
            anywhere.addAll(cpu.getOrDefault(adapter, Set.of()));
            put(onCpu, adapter, anywhere);
          }
        });
    return new LoadedAdapters(Set.copyOf(onGpu), Set.copyOf(onCpu));
  }

  private void put(Set<String> level, String adapter, Set<String> at) {
    if (at.containsAll(engines)) {
      level.add(adapter);
    }
  }
}
