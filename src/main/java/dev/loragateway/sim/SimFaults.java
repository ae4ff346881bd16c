package dev.loragateway.sim;

import java.util.EnumMap;
import java.util.Map;

/**
 * What is broken at a server, on purpose. {@link SimFault#HANG}, {@link SimFault#SLOW}, {@link
 * SimFault#STATUS_500} and the three that cut an answer off concern requests to models; {@link
 * #everywhere} widens them to all paths.
 *
 * <p>Over HTTP: {@code POST /sim/faults} with {@code {"kind":"hang","on":true}}, where {@code kind}
 * is a {@link SimFault#kind}, {@code "value":3} is the number that some faults take and {@code
 * "times":1} limits how often it strikes; {@code "kind":"everywhere"} and {@code "kind":"clear"}
 * stand for the methods of that name, and {@code {"kind":"loseAdapter","name":"a"}}, {@code
 * {"kind":"restart"}} and {@code {"kind":"resetConnections"}} happen once. {@code GET /sim/faults}
 * lists what is on; {@code /sim} itself never misbehaves.
 *
 * <p>Thread-safe.
 */
public final class SimFaults {
  /** What the server does about the faults that are not a matter of one answer. */
  interface Actions {
    void refuse(boolean on, long millis);

    void stall(boolean on);

    void loseAdapter(String name);

    void restart();

    void resetConnections();
  }

  /** Returned by {@link #take} when the fault is off. */
  static final long OFF = -1;

  private static final int ALWAYS = Integer.MAX_VALUE;

  private record Active(long value, int times) {}

  private final Map<SimFault, Active> active = new EnumMap<>(SimFault.class);
  private final Actions actions;
  private volatile boolean everywhere;

  SimFaults(Actions actions) {
    this.actions = actions;
  }

  public void on(SimFault fault) {
    on(fault, 0);
  }

  /** Switches a fault on with the number that it takes. */
  public void on(SimFault fault, long value) {
    on(fault, value, ALWAYS);
  }

  /** As {@link #on(SimFault, long)}, but it ends after it has struck so often. */
  public void on(SimFault fault, long value, int times) {
    if (value < 0 || times < 1) {
      throw new IllegalArgumentException(
          "value: %d, times: %d (expected: >= 0, >= 1)".formatted(value, times));
    }
    synchronized (active) {
      active.put(fault, new Active(value, times));
    }
    changed(fault, true, value);
  }

  public void off(SimFault fault) {
    synchronized (active) {
      if (active.remove(fault) == null) {
        return;
      }
    }
    changed(fault, false, 0);
  }

  /** Switches every fault off. */
  public void clear() {
    everywhere = false;
    for (SimFault fault : SimFault.values()) {
      off(fault);
    }
  }

  /** Whether the faults of requests strike on every path, not only at models. */
  public void everywhere(boolean on) {
    everywhere = on;
  }

  /** Drops a registration, as a pod does that was replaced; the weights stay in their slots. */
  public void loseAdapter(String name) {
    actions.loseAdapter(name);
  }

  /**
   * Acts as a process that was replaced: all connections are reset, slots and counters start again,
   * and the adapters registered are those given at start.
   */
  public void restart() {
    actions.restart();
  }

  /** Resets every open connection. */
  public void resetConnections() {
    actions.resetConnections();
  }

  /** What is on, with its value. */
  public Map<SimFault, Long> list() {
    Map<SimFault, Long> values = new EnumMap<>(SimFault.class);
    synchronized (active) {
      active.forEach((fault, state) -> values.put(fault, state.value));
    }
    return values;
  }

  boolean strikesEverywhere() {
    return everywhere;
  }

  /** The fault's value, counted as one strike; {@link #OFF} when it is off. */
  long take(SimFault fault) {
    synchronized (active) {
      Active state = active.get(fault);
      if (state == null) {
        return OFF;
      }
      if (state.times == 1) {
        active.remove(fault);
      } else if (state.times != ALWAYS) {
        active.put(fault, new Active(state.value, state.times - 1));
      }
      return state.value;
    }
  }

  boolean strikes(SimFault fault) {
    return take(fault) != OFF;
  }

  /** How many times slower the engine is. */
  double engineFactor() {
    synchronized (active) {
      Active state = active.get(SimFault.SLOW_ENGINE);
      return state == null ? 1 : state.value;
    }
  }

  private void changed(SimFault fault, boolean on, long value) {
    switch (fault) {
      case REFUSE -> actions.refuse(on, value);
      case STALL -> actions.stall(on);
      default -> {}
    }
  }
}
