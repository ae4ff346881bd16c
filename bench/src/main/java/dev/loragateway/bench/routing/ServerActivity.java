package dev.loragateway.bench.routing;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What a simulated server's metrics know: gauges as of its last step, and when each adapter last
 * had requests, as {@code vllm:lora_requests_info} tells it. Confined to one simulation.
 */
final class ServerActivity {
  private static final long NEVER = Long.MIN_VALUE;

  private final Adapters adapters;
  private final boolean live;
  private final int[] requests;
  private final long[] enteredAt;
  private final long[] lastActive;

  /** Adapters with requests, in no order, and each one's position there. */
  private final int[] present;

  private final int[] position;
  private int presentCount;
  private int running;
  private int waiting;
  private double kvCache;
  private long steppedAt = NEVER;

  /** Knows what was so at the last step's end or, when {@code live}, what is so now. */
  ServerActivity(Adapters adapters, boolean live) {
    this.live = live;
    this.adapters = adapters;
    requests = new int[adapters.count()];
    enteredAt = new long[adapters.count()];
    lastActive = new long[adapters.count()];
    present = new int[adapters.count()];
    position = new int[adapters.count()];
    clear();
  }

  void clear() {
    Arrays.fill(requests, 0);
    Arrays.fill(lastActive, NEVER);
    presentCount = 0;
    running = 0;
    waiting = 0;
    kvCache = 0;
    steppedAt = NEVER;
  }

  void arrived(int adapter, long now) {
    if (adapter != Adapters.NONE && requests[adapter]++ == 0) {
      enteredAt[adapter] = now;
      position[adapter] = presentCount;
      present[presentCount++] = adapter;
    }
  }

  /** A request ends at the end of a step, before {@link #stepped}. */
  void left(int adapter) {
    if (adapter == Adapters.NONE || --requests[adapter] > 0) {
      return;
    }
    if (enteredAt[adapter] <= steppedAt) {
      lastActive[adapter] = steppedAt;
    }
    int moved = present[--presentCount];
    present[position[adapter]] = moved;
    position[moved] = position[adapter];
  }

  /** A step ended, with so many requests left. */
  void stepped(int running, int waiting, double kvCache, long now) {
    gauges(running, waiting, kvCache);
    steppedAt = now;
  }

  void gauges(int running, int waiting, double kvCache) {
    this.running = running;
    this.waiting = waiting;
    this.kvCache = kvCache;
  }

  int running() {
    return running;
  }

  int waiting() {
    return waiting;
  }

  double kvCache() {
    return kvCache;
  }

  /** Adapters with requests, as of the last step. */
  Set<String> names() {
    Set<String> names = new HashSet<>();
    for (int i = 0; i < presentCount; i++) {
      if (live || enteredAt[present[i]] <= steppedAt) {
        names.add(adapters.names[present[i]]);
      }
    }
    return names;
  }

  /** The same, as numbers. */
  int[] numbers() {
    int[] numbers = new int[presentCount];
    int count = 0;
    for (int i = 0; i < presentCount; i++) {
      if (live || enteredAt[present[i]] <= steppedAt) {
        numbers[count++] = present[i];
      }
    }
    return count == presentCount ? numbers : Arrays.copyOf(numbers, count);
  }

  /** For how long each adapter that ever had requests has had none. */
  Map<String, Double> idleSeconds(long now) {
    Map<String, Double> idle = new HashMap<>();
    for (int i = 0; i < requests.length; i++) {
      boolean active = requests[i] > 0 && enteredAt[i] <= steppedAt;
      long last = active ? steppedAt : lastActive[i];
      if (last != NEVER) {
        idle.put(adapters.names[i], Math.max(0, now - last) / 1e9);
      }
    }
    return idle;
  }
}
