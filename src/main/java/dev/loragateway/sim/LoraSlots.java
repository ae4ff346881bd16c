package dev.loragateway.sim;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The engine's two least-recently-used lists of adapters: CPU slots hold weights in host memory,
 * GPU slots those that a batch can use. An adapter in a GPU slot is in a CPU slot too. Confined to
 * the engine thread.
 */
final class LoraSlots {
  private final int gpuSlots;
  private final int cpuSlots;
  private final Map<Integer, SimAdapter> gpu = new LinkedHashMap<>();
  private final Map<Integer, SimAdapter> cpu = new LinkedHashMap<>();

  LoraSlots(int gpuSlots, int cpuSlots) {
    this.gpuSlots = gpuSlots;
    this.cpuSlots = cpuSlots;
  }

  boolean inGpu(SimAdapter adapter) {
    return gpu.containsKey(adapter.id());
  }

  boolean inCpu(SimAdapter adapter) {
    return cpu.containsKey(adapter.id());
  }

  SimRequest.Level level(SimAdapter adapter) {
    if (adapter.reloads() || !inCpu(adapter)) {
      return SimRequest.Level.DISK;
    }
    return inGpu(adapter) ? SimRequest.Level.GPU : SimRequest.Level.CPU;
  }

  /** Makes an adapter the most recently used in the lists that hold it. */
  void touch(SimAdapter adapter) {
    move(cpu, adapter);
    move(gpu, adapter);
  }

  /**
   * Puts weights from disk into a CPU slot, replacing earlier ones of the same registration. The
   * oldest entry makes room and loses its GPU slot too.
   */
  void load(SimAdapter adapter) {
    cpu.remove(adapter.id());
    gpu.remove(adapter.id());
    if (cpu.size() >= cpuSlots) {
      gpu.remove(removeOldest(cpu));
    }
    cpu.put(adapter.id(), adapter);
  }

  /** Copies weights from the CPU slot into a GPU slot; the oldest entry makes room. */
  void activate(SimAdapter adapter) {
    if (gpu.size() >= gpuSlots) {
      removeOldest(gpu);
    }
    gpu.put(adapter.id(), adapter);
    move(cpu, adapter);
  }

  void clear() {
    gpu.clear();
    cpu.clear();
  }

  /** Names in the GPU slots, least recently used first. */
  List<String> gpu() {
    return names(gpu);
  }

  /** Names in the CPU slots, least recently used first. */
  List<String> cpu() {
    return names(cpu);
  }

  private static void move(Map<Integer, SimAdapter> slots, SimAdapter adapter) {
    if (slots.remove(adapter.id()) != null) {
      slots.put(adapter.id(), adapter);
    }
  }

  private static int removeOldest(Map<Integer, SimAdapter> slots) {
    Iterator<Integer> ids = slots.keySet().iterator();
    int oldest = ids.next();
    ids.remove();
    return oldest;
  }

  private static List<String> names(Map<Integer, SimAdapter> slots) {
    return slots.values().stream().map(SimAdapter::name).toList();
  }
}
