package dev.loragateway.registry;

import dev.loragateway.model.EndpointLoad.LoadedAdapters;
import dev.loragateway.model.Residency;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The two LRUs in which one engine keeps its adapters, GPU slots and host memory, as they are
 * estimated to stand. Confined to the registry's lock.
 */
/*
 * One list for two caches. vLLM touches its GPU and its CPU LRU together, at every step in which a
 * request of the adapter is scheduled and at every load through the API. An LRU cache of k entries
 * holds the k entries touched last (the inclusion property of LRU stacks, Mattson et al. 1970), so
 * one list ordered by last touch describes both: its newest `gpuSlots` entries are in GPU slots, its
 * newest `cpuSlots` in host memory. A change of the number of slots needs no reload, and no
 * knowledge is lost while the number is not known yet.
 *
 * Free slots. After a restart or a report of the truth fewer entries may be loaded than there are
 * slots; `gpuUsed` and `cpuUsed` count those that are, and grow with each insertion.
 */
final class AdapterCaches {
  /** How an adapter and the free slots stood; {@code position} is null when it was unknown. */
  record Before(RecencyList.@Nullable Position position, int gpuUsed, int cpuUsed) {}

  /** How much later than the engine's last step an answer may reach the gateway, in nanoseconds. */
  private static final long LATE = 1_000_000_000L;

  /** Names remembered beyond the CPU slots, so that a larger number of slots can be learned. */
  private static final int MEMORY = 1024;

  private final RecencyList recency = new RecencyList();
  private int gpuSlots;
  private int cpuSlots;
  private int gpuUsed = Integer.MAX_VALUE;
  private int cpuUsed = Integer.MAX_VALUE;
  private int insertions;
  private int changes;

  AdapterCaches(int gpuSlots, int cpuSlots) {
    resize(gpuSlots, cpuSlots);
  }

  /** Sets the number of slots; the CPU level never holds fewer than the GPU level. */
  void resize(int gpuSlots, int cpuSlots) {
    this.gpuSlots = gpuSlots;
    this.cpuSlots = Math.max(gpuSlots, cpuSlots);
    changes++;
  }

  int gpuSlots() {
    return gpuSlots;
  }

  /** Insertions into GPU slots so far. */
  int insertions() {
    return insertions;
  }

  /** Two equal readings mean that the same adapters are at the same levels. */
  int changes() {
    return changes;
  }

  /** Where the adapter's weights are; never {@link Residency#UNKNOWN}. */
  Residency residency(String adapter) {
    int inCpu = inCpu();
    int newer = recency.newer(adapter, inCpu);
    if (newer == inCpu) {
      return Residency.REGISTERED;
    }
    return newer < inGpu() ? Residency.GPU : Residency.CPU;
  }

  /** Adapters in GPU slots, oldest first. */
  List<String> gpu() {
    return recency.newest(inGpu());
  }

  /** Adapters in host memory, oldest first; those in GPU slots are among them. */
  List<String> cpu() {
    return recency.newest(inCpu());
  }

  /** Returns whether the adapter was ever loaded since the server's start. */
  boolean knows(String adapter) {
    return recency.contains(adapter);
  }

  /** Returns whether the next insertion has to evict. */
  boolean gpuFull() {
    return inGpu() == gpuSlots;
  }

  /** The level of each adapter that is in a GPU slot or in host memory. */
  private Map<String, Residency> levels() {
    Map<String, Residency> levels = new HashMap<>();
    cpu().forEach(name -> levels.put(name, Residency.CPU));
    gpu().forEach(name -> levels.put(name, Residency.GPU));
    return levels;
  }

  private int inGpu() {
    return Math.min(Math.min(gpuSlots, gpuUsed), recency.size());
  }

  private int inCpu() {
    return Math.min(Math.min(cpuSlots, cpuUsed), recency.size());
  }

  /** The engine touched an adapter that is in a GPU slot. */
  void touch(String adapter, long at) {
    recency.touch(adapter, at);
    if (recency.size() > cpuSlots + MEMORY) {
      recency.forgetOldest();
    }
  }

  /**
   * Puts the adapter into a GPU slot.
   *
   * @param scheduled adapters in GPU slots that the engine is touching, and does not evict
   * @return the adapter that lost its slot, or null when one was free
   */
  @Nullable String insert(String adapter, List<String> scheduled, long at) {
    Residency before = residency(adapter);
    String victim = null;
    if (gpuFull()) {
      for (String name : scheduled) {
        if (recency.contains(name)) {
          touch(name, at);
        }
      }
      victim = gpu().getFirst();
    }
    touch(adapter, at);
    insertions++;
    changes++;
    gpuUsed = grow(gpuUsed, gpuSlots);
    if (before == Residency.REGISTERED) {
      cpuUsed = grow(cpuUsed, cpuSlots);
    }
    return victim;
  }

  private static int grow(int used, int slots) {
    return used >= slots ? used : used + 1;
  }

  /**
   * Takes these, the newest first, as newer than any other that was never touched, and as older
   * than those that were.
   */
  void hinted(List<String> newestFirst) {
    List<String> order = recency.names();
    List<String> untouched =
        newestFirst.stream().filter(n -> recency.touchedAt(n) == RecencyList.NEVER).toList();
    order.removeAll(untouched);
    int oldestTouched = 0;
    while (oldestTouched < order.size()
        && recency.touchedAt(order.get(oldestTouched)) == RecencyList.NEVER) {
      oldestTouched++;
    }
    order.addAll(oldestTouched, untouched.reversed());
    recency.reorder(order);
    changes++;
  }

  /** What {@link #restore} needs to take an insertion of the adapter back. */
  Before before(String adapter) {
    return new Before(recency.position(adapter), gpuUsed, cpuUsed);
  }

  /** Takes an insertion back: the adapter is where it was. */
  void restore(String adapter, Before before) {
    recency.restore(adapter, before.position());
    gpuUsed = before.gpuUsed();
    cpuUsed = before.cpuUsed();
    changes++;
  }

  /** The name is gone; its weights stay until they are evicted. */
  void vanished(String adapter) {
    if (recency.contains(adapter)) {
      recency.vanished(adapter);
      changes++;
    }
  }

  /** Nothing is loaded any more. */
  void clear() {
    recency.clear();
    gpuUsed = Integer.MAX_VALUE;
    cpuUsed = Integer.MAX_VALUE;
    changes++;
  }

  /** Takes over what the server reports; returns how many adapters were at another level. */
  int reported(LoadedAdapters truth) {
    Set<String> gpu = truth.gpu();
    int corrections = 0;
    List<String> order = recency.names();
    Map<String, Residency> estimated = levels();
    for (String name : order) {
      Residency before = estimated.getOrDefault(name, Residency.REGISTERED);
      corrections += before == level(name, truth) ? 0 : 1;
    }
    Set<String> known = Set.copyOf(order);
    gpuSlots = Math.max(gpuSlots, gpu.size());
    cpuSlots = Math.max(cpuSlots, gpuSlots);
    Set<String> next = new LinkedHashSet<>();
    order.stream().filter(n -> truth.cpu().contains(n) && !gpu.contains(n)).forEach(next::add);
    truth.cpu().stream().filter(n -> !gpu.contains(n)).forEach(next::add);
    int cpuOnly = next.size();
    order.stream().filter(gpu::contains).forEach(next::add);
    next.addAll(gpu);
    corrections += (int) next.stream().filter(n -> !known.contains(n)).count();
    recency.reorder(next);
    changes++;
    gpuUsed = gpu.size();
    cpuUsed = cpuOnly + gpu.size();
    return corrections;
  }

  private static Residency level(String name, LoadedAdapters truth) {
    if (truth.gpu().contains(name)) {
      return Residency.GPU;
    }
    return truth.cpu().contains(name) ? Residency.CPU : Residency.REGISTERED;
  }

  /**
   * Takes over when the server saw each adapter last, but for those touched since it was asked.
   *
   * @param busy whether the engine is touching the adapter at every step
   * @return how many adapters were at another level
   */
  int observed(Map<String, Long> lastActive, long since, Predicate<String> busy) {
    if (lastActive.isEmpty()) {
      return 0;
    }
    Map<String, Residency> before = levels();
    Map<String, Long> times = new HashMap<>();
    List<String> order = recency.names();
    for (String name : order) {
      if (busy.test(name)) {
        times.put(name, Long.MAX_VALUE);
      } else {
        long time = time(recency.touchedAt(name), lastActive.get(name), since);
        times.put(name, time);
        recency.correct(name, time);
      }
    }
    order.sort(Comparator.comparing(times::get));
    recency.reorder(order);
    changes++;
    Map<String, Residency> after = levels();
    before.entrySet().removeAll(after.entrySet());
    return before.size();
  }

  private static long time(long own, @Nullable Long server, long since) {
    return server == null || own >= since || own - server > LATE ? own : server;
  }
}
