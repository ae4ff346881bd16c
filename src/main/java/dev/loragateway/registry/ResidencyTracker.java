package dev.loragateway.registry;

import dev.loragateway.model.EndpointLoad.LoadedAdapters;
import dev.loragateway.model.Residency;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An estimate of which adapters one endpoint holds: follows the requests sent to it and the
 * server's own words, and moves the adapters in the two LRUs that the engine keeps. Confined to the
 * registry's lock.
 */
/*
 * Requests in flight. The engine touches their adapters at every step, so they are the newest
 * whenever something is inserted, and never the victim. When every GPU slot belongs to an adapter in
 * flight the engine defers further adapters; they join the list when a slot comes free or when an
 * answer proves that they were scheduled.
 */
final class ResidencyTracker {
  /** Told about each insertion into a GPU slot. */
  interface Listener {
    /** {@code victim} is the adapter that lost its slot, or null when a slot was free. */
    void swapped(String adapter, @Nullable String victim);
  }

  /** How things stood before a dispatch, and which adapter it was expected to evict. */
  private record Undo(AdapterCaches.Before before, @Nullable String victim) {}

  private final Listener listener;
  private final AdapterCaches caches;
  private final Map<String, Integer> inFlight = new HashMap<>();
  private final Deque<String> deferred = new ArrayDeque<>();

  /** What a dispatch changed that is not proved yet. */
  private final Map<String, Undo> undo = new HashMap<>();

  ResidencyTracker(int gpuSlots, int cpuSlots, Listener listener) {
    this.listener = listener;
    this.caches = new AdapterCaches(gpuSlots, cpuSlots);
  }

  /** Sets the number of slots; the CPU level never holds fewer than the GPU level. */
  void resize(int gpuSlots, int cpuSlots) {
    caches.resize(gpuSlots, cpuSlots);
  }

  int gpuSlots() {
    return caches.gpuSlots();
  }

  /** Insertions so far: two equal readings mean that no swap happened in between. */
  int insertions() {
    return caches.insertions();
  }

  /** Two equal readings mean that the same adapters are in GPU slots and in host memory. */
  int changes() {
    return caches.changes();
  }

  /** A request for the adapter was sent. */
  void dispatched(String adapter, long at) {
    inFlight.merge(adapter, 1, Integer::sum);
    if (residency(adapter) == Residency.GPU) {
      caches.touch(adapter, at);
    } else if (!slotsTaken()) {
      AdapterCaches.Before before = caches.before(adapter);
      undo.put(adapter, new Undo(before, caches.insert(adapter, scheduled(), at)));
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
    Undo expected = alone ? undo.remove(adapter) : null;
    if (expected != null) {
      caches.restore(adapter, expected.before());
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
    if (residency(adapter) == Residency.GPU) {
      caches.touch(adapter, RecencyList.NEVER);
    } else {
      caches.insert(adapter, scheduled(), RecencyList.NEVER);
    }
  }

  /** Others say that the server holds these, the one used last first: no swap is reported. */
  void hinted(List<String> adapters) {
    caches.hinted(adapters);
  }

  /** The server no longer lists the name: its weights stay until they are evicted. */
  void unregistered(String adapter) {
    caches.vanished(adapter);
  }

  /**
   * The server started anew: nothing is loaded. Requests in flight are over, by their own events.
   */
  void restarted() {
    caches.clear();
    deferred.clear();
    undo.clear();
  }

  /**
   * Takes over what the server itself reports.
   *
   * @return how many adapters were estimated at another level
   */
  int reported(LoadedAdapters truth) {
    return caches.reported(truth);
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
    return caches.observed(lastActive, since, this::busy);
  }

  /** Returns whether the engine is touching the adapter at every step. */
  private boolean busy(String name) {
    return inFlight.containsKey(name) && !deferred.contains(name);
  }

  /** Where the adapter's weights are, by the estimate; never {@link Residency#UNKNOWN}. */
  Residency residency(String adapter) {
    return caches.residency(adapter);
  }

  /** Adapters in GPU slots, oldest first. */
  List<String> gpu() {
    return caches.gpu();
  }

  /** Adapters in host memory, oldest first; those in GPU slots are among them. */
  List<String> cpu() {
    return caches.cpu();
  }

  /** Returns whether the adapter was ever loaded since the server's start. */
  boolean knows(String adapter) {
    return caches.knows(adapter);
  }

  /** The adapter that would lose its GPU slot to the next swap, or null when a slot is free. */
  @Nullable String victim() {
    if (!caches.gpuFull()) {
      return null;
    }
    for (String name : caches.gpu()) {
      if (!inFlight.containsKey(name)) {
        return name;
      }
    }
    return null;
  }

  /** Returns whether every GPU slot belongs to an adapter with requests in flight. */
  private boolean slotsTaken() {
    return scheduled().size() >= caches.gpuSlots();
  }

  private void touch(String adapter, long at) {
    if (residency(adapter) == Residency.GPU) {
      caches.touch(adapter, at);
    } else {
      listener.swapped(adapter, caches.insert(adapter, scheduled(), at));
    }
  }

  /** Adapters in flight that hold a GPU slot, in the order of their last touch. */
  private List<String> scheduled() {
    List<String> names = new ArrayList<>();
    for (String name : caches.gpu()) {
      if (inFlight.containsKey(name)) {
        names.add(name);
      }
    }
    return names;
  }
}
