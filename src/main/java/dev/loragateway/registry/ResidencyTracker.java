package dev.loragateway.registry;

import dev.loragateway.model.EndpointLoad.LoadedAdapters;
import dev.loragateway.model.Residency;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
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

  /** How things stood before a dispatch moved an adapter to the top; position -1 for nowhere. */
  private record Undo(int position, int gpuUsed, int cpuUsed, @Nullable String victim) {
    Undo withVictim(@Nullable String victim) {
      return new Undo(position, gpuUsed, cpuUsed, victim);
    }
  }

  /** A name that the server no longer lists; its weights keep their slot under this key. */
  private static final String VANISHED = "\0";

  /** Names remembered beyond the CPU slots, so that a larger number of slots can be learned. */
  private static final int MEMORY = 1024;

  private final Listener listener;
  private final LinkedHashMap<String, Boolean> recency = new LinkedHashMap<>();
  private final Map<String, Integer> inFlight = new HashMap<>();
  private final Deque<String> deferred = new ArrayDeque<>();

  /** What a dispatch changed that is not proved yet. */
  private final Map<String, Undo> undo = new HashMap<>();

  private int gpuSlots;
  private int cpuSlots;
  private int gpuUsed = Integer.MAX_VALUE;
  private int cpuUsed = Integer.MAX_VALUE;
  private int insertions;
  private int vanished;

  ResidencyTracker(int gpuSlots, int cpuSlots, Listener listener) {
    this.listener = listener;
    resize(gpuSlots, cpuSlots);
  }

  /** Sets the number of slots; the CPU level never holds fewer than the GPU level. */
  void resize(int gpuSlots, int cpuSlots) {
    this.gpuSlots = gpuSlots;
    this.cpuSlots = Math.max(gpuSlots, cpuSlots);
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

  /** A request for the adapter was sent. */
  void dispatched(String adapter) {
    inFlight.merge(adapter, 1, Integer::sum);
    if (residency(adapter) == Residency.GPU) {
      touch(adapter);
    } else if (!slotsTaken()) {
      int position = List.copyOf(recency.keySet()).indexOf(adapter);
      Undo before = new Undo(position, gpuUsed, cpuUsed, null);
      undo.put(adapter, before.withVictim(insert(adapter)));
    } else if (!deferred.contains(adapter)) {
      deferred.add(adapter);
    }
  }

  /** An answer began: the engine scheduled the request, so its adapter is in a GPU slot. */
  void answered(String adapter) {
    settle(adapter);
    deferred.remove(adapter);
    touch(adapter);
  }

  /** A request ended after an answer, so that the engine touched its adapter until now. */
  void served(String adapter) {
    touch(adapter);
    left(adapter);
  }

  /** A request ended without an answer: whether the engine ever scheduled it is not known. */
  void abandoned(String adapter) {
    left(adapter);
  }

  /** The server refused the request before its engine saw it: the adapter is where it was. */
  void refused(String adapter) {
    boolean alone = inFlight.getOrDefault(adapter, 0) <= 1;
    Undo before = alone ? undo.remove(adapter) : null;
    if (before != null) {
      List<String> order = new ArrayList<>(recency.keySet());
      order.remove(adapter);
      if (before.position() >= 0) {
        order.add(Math.min(before.position(), order.size()), adapter);
      }
      recency.clear();
      order.forEach(this::append);
      gpuUsed = before.gpuUsed();
      cpuUsed = before.cpuUsed();
    }
    left(adapter);
  }

  private void left(String adapter) {
    if (inFlight.merge(adapter, -1, Integer::sum) > 0) {
      return;
    }
    inFlight.remove(adapter);
    settle(adapter);
    deferred.remove(adapter);
    while (!deferred.isEmpty() && !slotsTaken()) {
      touch(deferred.remove());
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
  void loaded(String adapter) {
    touch(adapter);
  }

  /** The adapter was loaded before the tracker could see it: no swap is reported. */
  void assumed(String adapter) {
    if (residency(adapter) == Residency.GPU) {
      move(adapter);
    } else {
      insert(adapter);
    }
  }

  /** The server no longer lists the name: its weights stay until they are evicted. */
  void unregistered(String adapter) {
    if (!recency.containsKey(adapter)) {
      return;
    }
    List<String> order = new ArrayList<>(recency.keySet());
    recency.clear();
    for (String name : order) {
      recency.put(name.equals(adapter) ? name + VANISHED + vanished++ : name, true);
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
  }

  /**
   * Takes over what the server itself reports.
   *
   * @return how many adapters were estimated at another level
   */
  int reported(LoadedAdapters truth) {
    Set<String> gpu = truth.gpu();
    int corrections = 0;
    List<String> order = new ArrayList<>(recency.keySet());
    Map<String, Residency> estimated = levels();
    for (String name : order) {
      Residency before = estimated.getOrDefault(name, Residency.REGISTERED);
      corrections += before == level(name, truth) ? 0 : 1;
    }
    Set<String> known = Set.copyOf(order);
    gpuSlots = Math.max(gpuSlots, gpu.size());
    cpuSlots = Math.max(cpuSlots, gpuSlots);
    recency.clear();
    order.stream().filter(n -> truth.cpu().contains(n) && !gpu.contains(n)).forEach(this::append);
    truth.cpu().stream().filter(n -> !gpu.contains(n)).forEach(this::append);
    int cpuOnly = recency.size();
    order.stream().filter(gpu::contains).forEach(this::append);
    gpu.forEach(this::append);
    corrections += (int) recency.keySet().stream().filter(n -> !known.contains(n)).count();
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

  private void append(String name) {
    recency.putIfAbsent(name, true);
  }

  /** Where the adapter's weights are, by the estimate; never {@link Residency#UNKNOWN}. */
  Residency residency(String adapter) {
    if (!recency.containsKey(adapter)) {
      return Residency.REGISTERED;
    }
    int newer = 0;
    for (String name : recency.sequencedKeySet().reversed()) {
      if (name.equals(adapter)) {
        break;
      }
      newer++;
    }
    return newer < inGpu() ? Residency.GPU : newer < inCpu() ? Residency.CPU : Residency.REGISTERED;
  }

  /** Adapters in GPU slots, oldest first. */
  List<String> gpu() {
    return newest(inGpu());
  }

  /** Adapters in host memory, oldest first; those in GPU slots are among them. */
  List<String> cpu() {
    return newest(inCpu());
  }

  /** Returns whether the adapter was ever loaded since the server's start. */
  boolean knows(String adapter) {
    return recency.containsKey(adapter);
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
    for (String name : newest(inGpu())) {
      if (!inFlight.containsKey(name)) {
        return plain(name);
      }
    }
    return null;
  }

  private List<String> newest(int count) {
    List<String> names = new ArrayList<>(recency.keySet());
    return names.subList(names.size() - count, names.size()).stream()
        .map(ResidencyTracker::plain)
        .toList();
  }

  private static String plain(String name) {
    int end = name.indexOf(VANISHED);
    return end < 0 ? name : name.substring(0, end);
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

  private void touch(String adapter) {
    if (residency(adapter) == Residency.GPU) {
      move(adapter);
    } else {
      listener.swapped(adapter, insert(adapter));
    }
  }

  /**
   * Puts the adapter into a GPU slot; returns the one that lost it, or null when a slot was free.
   */
  private @Nullable String insert(String adapter) {
    Residency before = residency(adapter);
    String victim = null;
    if (inGpu() == gpuSlots) {
      scheduled().stream().filter(recency::containsKey).forEach(this::move);
      victim = plain(newest(inGpu()).getFirst());
    }
    move(adapter);
    insertions++;
    gpuUsed = grow(gpuUsed, gpuSlots);
    if (before == Residency.REGISTERED) {
      cpuUsed = grow(cpuUsed, cpuSlots);
    }
    return victim;
  }

  private void move(String adapter) {
    recency.remove(adapter);
    recency.put(adapter, true);
    if (recency.size() > cpuSlots + MEMORY) {
      recency.pollFirstEntry();
    }
  }

  /** Adapters in flight that hold a GPU slot, in the order of their last touch. */
  private List<String> scheduled() {
    return newest(inGpu()).stream().filter(inFlight::containsKey).toList();
  }

  private static int grow(int used, int slots) {
    return used >= slots ? used : used + 1;
  }
}
