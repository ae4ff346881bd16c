package dev.loragateway.registry;

import dev.loragateway.model.EndpointLoad.LoadedAdapters;
import dev.loragateway.model.Residency;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An estimate of which adapters one endpoint holds, by keeping the two LRUs that the engine keeps.
 * Confined to the registry's lock.
 */
/*
 * One list for two caches. vLLM touches its GPU and its CPU LRU together, at every step in which a
 * request of the adapter is scheduled and at every load through the API. An LRU cache of k entries
 * holds the k entries touched last (the inclusion property of LRU stacks, Mattson et al. 1970), so
 * one list ordered by last touch describes both: its newest `gpuSlots` entries are in GPU slots, its
 * newest `cpuSlots` in host memory. A change of the number of slots needs no reload, and no
 * knowledge is lost while the number is not known yet.
 *
 * Requests in flight. The engine touches their adapters at every step, so they are the newest
 * whenever something is inserted, and never the victim. When every GPU slot belongs to an adapter in
 * flight the engine defers further adapters; they join the list when a slot comes free or when an
 * answer proves that they were scheduled.
 *
 * Free slots. After a restart or a report of the truth fewer entries may be loaded than there are
 * slots; `gpuUsed` and `cpuUsed` count those that are, and grow with each insertion.
 */
final class ResidencyTracker {
  /** Told about each insertion into a GPU slot. */
  interface Listener {
    /** {@code victim} is the adapter that lost its slot, or null when a slot was free. */
    void swapped(String adapter, @Nullable String victim);
  }

  /**
   * How things stood before a dispatch moved an adapter to the top; {@code position} is null when
   * it was not in the list.
   */
  private record Undo(
      RecencyList.@Nullable Position position, int gpuUsed, int cpuUsed, @Nullable String victim) {}

  /** How much later than the engine's last step an answer may reach the gateway, in nanoseconds. */
  private static final long LATE = 1_000_000_000L;

  /** Names remembered beyond the CPU slots, so that a larger number of slots can be learned. */
  private static final int MEMORY = 1024;

  private final Listener listener;
  private final RecencyList recency = new RecencyList();
  private final Map<String, Integer> inFlight = new HashMap<>();
  private final Deque<String> deferred = new ArrayDeque<>();

  /** What a dispatch changed that is not proved yet. */
  private final Map<String, Undo> undo = new HashMap<>();

  private int gpuSlots;
  private int cpuSlots;
  private int gpuUsed = Integer.MAX_VALUE;
  private int cpuUsed = Integer.MAX_VALUE;
  private int insertions;
  private int changes;

  ResidencyTracker(int gpuSlots, int cpuSlots, Listener listener) {
    this.listener = listener;
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

  int cpuSlots() {
    return cpuSlots;
  }

  /** Insertions so far: two equal readings mean that no swap happened in between. */
  int insertions() {
    return insertions;
  }

  /** Two equal readings mean that the same adapters are in GPU slots and in host memory. */
  int changes() {
    return changes;
  }

  /** A request for the adapter was sent. */
  void dispatched(String adapter, long at) {
    inFlight.merge(adapter, 1, Integer::sum);
    Residency before = residency(adapter);
    if (before == Residency.GPU) {
      move(adapter, at);
    } else if (!slotsTaken()) {
      RecencyList.Position position = recency.position(adapter);
      int gpu = gpuUsed;
      int cpu = cpuUsed;
      undo.put(adapter, new Undo(position, gpu, cpu, insert(adapter, before, at)));
    } else if (!deferred.contains(adapter)) {
      deferred.add(adapter);
    }
  }

  /** An answer began: the engine scheduled the request, so its adapter is in a GPU slot. */
  void answered(String adapter, long at) {
    settle(adapter);
    deferred.remove(adapter);
    touch(adapter, at);
  }

  /** A request ended after an answer, so that the engine touched its adapter until now. */
  void served(String adapter, long at) {
    touch(adapter, at);
    left(adapter, at);
  }

  /** A request ended without an answer: whether the engine ever scheduled it is not known. */
  void abandoned(String adapter, long at) {
    left(adapter, at);
  }

  /** The server refused the request before its engine saw it: the adapter is where it was. */
  void refused(String adapter, long at) {
    boolean alone = inFlight.getOrDefault(adapter, 0) <= 1;
    Undo before = alone ? undo.remove(adapter) : null;
    if (before != null) {
      recency.restore(adapter, before.position());
      changes++;
      gpuUsed = before.gpuUsed();
      cpuUsed = before.cpuUsed();
    }
    left(adapter, at);
  }

  private void left(String adapter, long at) {
    if (inFlight.merge(adapter, -1, Integer::sum) > 0) {
      return;
    }
    inFlight.remove(adapter);
    settle(adapter);
    deferred.remove(adapter);
    while (!deferred.isEmpty() && !slotsTaken()) {
      touch(deferred.remove(), at);
    }
  }

  /** The swap that a dispatch was expected to cause is taken as done. */
  private void settle(String adapter) {
    Undo expected = undo.remove(adapter);
    if (expected != null) {
      listener.swapped(adapter, expected.victim());
    }
  }

  /** The adapter was loaded through the engine's API, or proved to be in a GPU slot. */
  void loaded(String adapter, long at) {
    touch(adapter, at);
  }

  /** The adapter was loaded before the tracker could see it: no swap is reported. */
  void assumed(String adapter) {
    Residency before = residency(adapter);
    if (before == Residency.GPU) {
      move(adapter, RecencyList.NEVER);
    } else {
      insert(adapter, before, RecencyList.NEVER);
    }
  }

  /** The server no longer lists the name: its weights stay until they are evicted. */
  void unregistered(String adapter) {
    if (recency.contains(adapter)) {
      recency.vanished(adapter);
      changes++;
    }
  }

  /**
   * The server started anew: nothing is loaded. Requests in flight are over, by their own events.
   */
  void restarted() {
    recency.clear();
    deferred.clear();
    undo.clear();
    gpuUsed = Integer.MAX_VALUE;
    cpuUsed = Integer.MAX_VALUE;
    changes++;
  }

  /**
   * Takes over what the server itself reports.
   *
   * @return how many adapters were estimated at another level
   */
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

  /**
   * Takes over when the server itself saw each adapter last, which also shows the requests of
   * others. An adapter that was touched since {@code since}, when the server was asked, keeps its
   * own time, as does one whose requests leave no trace in the server's times (an answer of one
   * token does not).
   *
   * @param lastActive on the clock of the touches
   * @return how many adapters were estimated at another level
   */
  int observed(Map<String, Long> lastActive, long since) {
    if (lastActive.isEmpty()) {
      return 0;
    }
    Map<String, Residency> before = levels();
    Map<String, Long> times = new HashMap<>();
    List<String> order = recency.names();
    for (String name : order) {
      long time = time(name, recency.touchedAt(name), lastActive.get(name), since);
      times.put(name, time);
      if (!busy(name)) {
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

  private long time(String name, long own, @Nullable Long server, long since) {
    if (busy(name)) {
      return Long.MAX_VALUE;
    }
    return server == null || own >= since || own - server > LATE ? own : server;
  }

  /** Returns whether the engine is touching the adapter at every step. */
  private boolean busy(String name) {
    return inFlight.containsKey(name) && !deferred.contains(name);
  }

  private static Residency level(String name, LoadedAdapters truth) {
    if (truth.gpu().contains(name)) {
      return Residency.GPU;
    }
    return truth.cpu().contains(name) ? Residency.CPU : Residency.REGISTERED;
  }

  /** Where the adapter's weights are, by the estimate; never {@link Residency#UNKNOWN}. */
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

  /** The level of each adapter that is in a GPU slot or in host memory. */
  Map<String, Residency> levels() {
    Map<String, Residency> levels = new HashMap<>();
    cpu().forEach(name -> levels.put(name, Residency.CPU));
    gpu().forEach(name -> levels.put(name, Residency.GPU));
    return levels;
  }

  /** The adapter that would lose its GPU slot to the next swap, or null when a slot is free. */
  @Nullable String victim() {
    if (inGpu() < gpuSlots) {
      return null;
    }
    for (String name : recency.newest(inGpu())) {
      if (!inFlight.containsKey(name)) {
        return name;
      }
    }
    return null;
  }

  private int inGpu() {
    return Math.min(Math.min(gpuSlots, gpuUsed), recency.size());
  }

  private int inCpu() {
    return Math.min(Math.min(cpuSlots, cpuUsed), recency.size());
  }

  /** Returns whether every GPU slot belongs to an adapter with requests in flight. */
  private boolean slotsTaken() {
    return scheduled().size() >= gpuSlots;
  }

  private void touch(String adapter, long at) {
    Residency before = residency(adapter);
    if (before == Residency.GPU) {
      move(adapter, at);
    } else {
      listener.swapped(adapter, insert(adapter, before, at));
    }
  }

  /**
   * Puts the adapter into a GPU slot; returns the one that lost it, or null when a slot was free.
   */
  private @Nullable String insert(String adapter, Residency before, long at) {
    String victim = null;
    if (inGpu() == gpuSlots) {
      for (String name : scheduled()) {
        if (recency.contains(name)) {
          move(name, at);
        }
      }
      victim = recency.newest(inGpu()).getFirst();
    }
    move(adapter, at);
    insertions++;
    changes++;
    gpuUsed = grow(gpuUsed, gpuSlots);
    if (before == Residency.REGISTERED) {
      cpuUsed = grow(cpuUsed, cpuSlots);
    }
    return victim;
  }

  private void move(String adapter, long at) {
    recency.touch(adapter, at);
    if (recency.size() > cpuSlots + MEMORY) {
      recency.forgetOldest();
    }
  }

  /** Adapters in flight that hold a GPU slot, in the order of their last touch. */
  private List<String> scheduled() {
    List<String> names = new ArrayList<>();
    for (String name : recency.newest(inGpu())) {
      if (inFlight.containsKey(name)) {
        names.add(name);
      }
    }
    return names;
  }

  private static int grow(int used, int slots) {
    return used >= slots ? used : used + 1;
  }
}
