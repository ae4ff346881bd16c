package dev.loragateway.bench.routing;

import dev.loragateway.model.EndpointLoad.LoadedAdapters;
import java.util.HashSet;
import java.util.Set;

/**
 * Which adapters a simulated server really holds: an LRU of GPU slots and one of CPU slots, both
 * touched at each step. Losing the CPU slot loses the GPU slot too. Confined to one simulation.
 */
final class AdapterSlots {
  private final Lru gpu;
  private final Lru cpu;
  private final Adapters adapters;
  private final ServerModel model;
  private long activations;
  private long diskLoads;
  private long evictions;

  AdapterSlots(ServerModel model, Adapters adapters, int gpuSlots) {
    this.model = model;
    this.adapters = adapters;
    this.gpu = new Lru(adapters.count(), gpuSlots);
    this.cpu = new Lru(adapters.count(), model.cpuSlots(gpuSlots));
  }

  boolean inGpu(int adapter) {
    return gpu.contains(adapter);
  }

  boolean inCpu(int adapter) {
    return cpu.contains(adapter);
  }

  /** Puts the adapter into a GPU slot; returns the nanoseconds that the swap takes. */
  long ensure(int adapter) {
    if (gpu.contains(adapter)) {
      cpu.touch(adapter);
      gpu.touch(adapter);
      return 0;
    }
    long nanos = model.cpuSwapNanos(adapters.mb[adapter]);
    if (!cpu.contains(adapter)) {
      nanos += model.diskSwapNanos(adapters.mb[adapter]);
      diskLoads++;
      dropOldestOfCpu();
    }
    cpu.touch(adapter);
    if (gpu.full()) {
      gpu.remove(gpu.oldest());
      evictions++;
    }
    gpu.touch(adapter);
    activations++;
    return nanos;
  }

  private void dropOldestOfCpu() {
    if (!cpu.full()) {
      return;
    }
    int oldest = cpu.oldest();
    cpu.remove(oldest);
    if (gpu.contains(oldest)) {
      gpu.remove(oldest);
      evictions++;
    }
  }

  /** Holds what a server holds that was given every adapter at its start, in order. */
  void registerAll() {
    for (int i = 0; i < adapters.count(); i++) {
      ensure(i);
    }
    activations = 0;
    diskLoads = 0;
    evictions = 0;
  }

  void clear() {
    gpu.clear();
    cpu.clear();
  }

  /** GPU slots taken by an adapter that was not in one. */
  long activations() {
    return activations;
  }

  long diskLoads() {
    return diskLoads;
  }

  /** Adapters that lost a GPU slot. */
  long evictions() {
    return evictions;
  }

  LoadedAdapters loaded() {
    return new LoadedAdapters(names(gpu), names(cpu));
  }

  private Set<String> names(Lru list) {
    Set<String> names = new HashSet<>();
    for (int i = list.size() == 0 ? -1 : list.oldest(); i >= 0; i = list.after(i)) {
      names.add(adapters.names[i]);
    }
    return names;
  }
}
