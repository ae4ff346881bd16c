package dev.loragateway.adapters;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.EngineSleep;
import dev.loragateway.registry.EndpointState;

/** An endpoint of a pool that may sleep. Confined to the thread of {@link PoolSleep}. */
final class Sleeper {
  private static final long SECOND = 1_000_000_000L;
  private static final int LONGEST_PAUSE = 30;

  final Endpoint endpoint;

  /** Whether a call to it is under way. */
  boolean busy;

  /** Whether this gateway has put it to sleep, or has tried to. */
  boolean ours;

  /** Whether nobody knows if it sleeps: the call that put it to sleep did not go well. */
  boolean doubtful;

  private boolean refuses;
  private boolean wasAsleep;
  private long finished = -1;
  private double processStart = Double.NaN;
  private int failures;
  private long retryAt = Long.MIN_VALUE;

  Sleeper(Endpoint endpoint) {
    this.endpoint = endpoint;
  }

  /** Takes in what the registry knows; returns whether anybody has used it since the last time. */
  boolean observe(EndpointState now) {
    EndpointLoad load = now.load();
    boolean used = now.inFlight().total() > 0;
    if (load != null) {
      used |= load.running() + load.waiting() > 0 || load.finished() != finished;
      finished = load.finished();
      refuses &= Double.compare(load.processStart(), processStart) == 0;
      processStart = load.processStart();
    }
    boolean woke = wasAsleep && now.up();
    wasAsleep = now.asleep();
    return used || woke;
  }

  /** It will not sleep before it is restarted. */
  void refuses() {
    refuses = true;
  }

  /** Returns whether it may be put to sleep: it is up, tells of sleep, and has nothing to do. */
  boolean mayFallAsleep(EndpointState now, boolean fresh) {
    EndpointLoad load = now.load();
    return !refuses
        && !busy
        && fresh
        && load != null
        && now.up()
        && load.sleep() == EngineSleep.AWAKE
        && load.running() + load.waiting() + now.inFlight().total() == 0;
  }

  /** It is up: whoever has put it to sleep, somebody woke it, or it was restarted. */
  void awake() {
    ours = false;
    doubtful = false;
  }

  /** Returns whether it may be called to wake it. */
  boolean mayCall(long now) {
    return !busy && now >= retryAt;
  }

  /** A call that was to wake it ended. */
  void woken(boolean well, long now) {
    busy = false;
    failures = well ? 0 : Math.min(failures + 1, LONGEST_PAUSE);
    retryAt = now + failures * SECOND;
    ours &= !well;
    doubtful &= !well;
  }
}
