package dev.loragateway.adapters;

import dev.loragateway.registry.ServedNames;

/**
 * One revision of an adapter at one endpoint, as far as the controller has come with it. Confined
 * to the controller's thread.
 */
final class ControlledCopy {
  /** The tries after which an adapter is rather loaded elsewhere. */
  static final int PATIENCE = 2;

  private static final long FIRST_PAUSE = 1_000_000_000L;
  private static final int MOST_DOUBLINGS = 8;

  /** How long failures are remembered of which no try is to follow. */
  private static final long MEMORY = 600 * FIRST_PAUSE;

  final String adapter;
  final String revision;
  private final String name;
  CopyState state = CopyState.FAILED;

  /** Whether a call for it is under way. */
  boolean busy;

  /** Whether the server lists it, so that only its first token is missing. */
  boolean listed;

  /** Whether the gateway that leads has taken it away, or is about to: it is not asked for here. */
  boolean denied;

  int attempts;
  boolean lasting;
  String reason = "";

  /** When the next try may come, on the controller's clock. */
  long retryAt = Long.MIN_VALUE;

  /** When it began to drain. */
  long since;

  ControlledCopy(String adapter, String revision) {
    this.adapter = adapter;
    this.revision = revision;
    this.name = ServedNames.internal(adapter, revision);
  }

  /** The name by which the server knows it. */
  String name() {
    return name;
  }

  boolean ready() {
    return state == CopyState.READY;
  }

  void loaded() {
    if (denied) {
      return;
    }
    state = CopyState.READY;
    listed = true;
    attempts = 0;
    reason = "";
  }

  /**
   * It could not be loaded, or did not answer.
   *
   * @param jitter from 0.5 to 1, so that those that failed together are not tried together again
   */
  void failed(String why, boolean lasting, long now, double jitter) {
    state = CopyState.FAILED;
    attempts++;
    reason = why;
    this.lasting = lasting;
    retryAt = now + (long) ((FIRST_PAUSE << Math.min(attempts - 1, MOST_DOUBLINGS)) * jitter);
  }

  /** Whether a try may begin now. */
  boolean due(long now) {
    return state == CopyState.FAILED && !busy && !lasting && !denied && now >= retryAt;
  }

  /** Takes over how another gateway has failed; does nothing once it was tried here. */
  void remember(AdapterStatus.Copy seen, long now, long unixMillis) {
    if (state == CopyState.FAILED && !busy && attempts == 0) {
      attempts = seen.attempts();
      reason = seen.message();
      lasting = seen.retryAt() == 0;
      retryAt = now + Math.max(0, seen.retryAt() - unixMillis) * 1_000_000;
    }
  }

  /** The gateway that leads does not have it there any more. */
  void deny(long now) {
    denied = true;
    recheck(now);
  }

  /** It is to be seen to answer once more. */
  void recheck(long now) {
    state = CopyState.FAILED;
    attempts = 0;
    retryAt = now;
  }

  /** It is not wanted there any more. */
  void drain(long now) {
    state = CopyState.DRAINING;
    since = now;
    retryAt = now;
    attempts = 0;
  }

  /**
   * Whether its failures are worth remembering, so that it is not tried as if for the first time.
   */
  boolean remembers(long now) {
    return attempts > 0 && (lasting || now - retryAt < MEMORY);
  }

  /** Whether there is nothing to be done about it before some time has passed, if ever. */
  boolean rests(long now) {
    boolean waits = denied || (!listed && (lasting || retryAt > now));
    return state == CopyState.FAILED && !busy && waits;
  }

  /** Whether it has failed so often that another endpoint should have it. */
  boolean hopeless() {
    return state == CopyState.FAILED && (lasting || attempts >= PATIENCE);
  }
}
