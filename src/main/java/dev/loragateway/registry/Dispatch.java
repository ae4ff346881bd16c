package dev.loragateway.registry;

import dev.loragateway.model.Residency;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * One request at one endpoint, from the pick that reserved its place to its end. Thread-safe;
 * {@link #finished} counts once.
 */
public final class Dispatch {
  private static final AtomicIntegerFieldUpdater<Dispatch> OVER =
      AtomicIntegerFieldUpdater.newUpdater(Dispatch.class, "over");

  private final EndpointRegistry registry;
  private final EndpointState state;
  private final @Nullable AdapterCell cell;
  private final Residency residency;
  private final boolean resident;
  private final boolean deferred;
  private final boolean ownSwap;
  private final boolean counted;
  private volatile int over;
  private volatile boolean answered;

  Dispatch(
      EndpointRegistry registry,
      EndpointState state,
      @Nullable AdapterCell cell,
      Residency residency,
      boolean counted,
      long now) {
    this.registry = registry;
    this.state = state;
    this.cell = cell;
    this.residency = residency;
    this.counted = counted;
    boolean busyBefore = cell != null && cell.inFlight() > 0;
    this.resident =
        cell == null || (!cell.loading(now) && (residency == Residency.GPU || busyBefore));
    this.deferred =
        !resident
            && !busyBefore
            && residency != Residency.UNKNOWN
            && state.inFlight().distinctAdapters() >= state.residency().slots();
    this.ownSwap = !resident && !deferred && !busyBefore;
  }

  public EndpointState state() {
    return state;
  }

  /** The adapter, or null for the base model. */
  public @Nullable String adapter() {
    return cell == null ? null : cell.adapter();
  }

  @Nullable AdapterCell cell() {
    return cell;
  }

  /** Where the snapshot had the adapter. */
  public Residency residency() {
    return residency;
  }

  /** Returns whether the request needs no swap and waits for none: a hit. */
  public boolean resident() {
    return resident;
  }

  /**
   * Returns whether every slot was busy with other adapters, so that the engine holds the request
   * back.
   */
  public boolean deferred() {
    return deferred;
  }

  /** Returns whether this request alone caused the swap that it waits for. */
  public boolean ownSwap() {
    return ownSwap;
  }

  /** Returns whether it holds one of the endpoint's places. */
  boolean counted() {
    return counted;
  }

  boolean wasAnswered() {
    return answered;
  }

  /** The first byte of an answer came: the engine has scheduled the request. */
  public void answered() {
    if (!answered) {
      answered = true;
      registry.answered(this);
    }
  }

  /** The endpoint failed the request: it answered with 5xx, reset the connection, or was silent. */
  public void failed() {
    registry.failed(state);
  }

  /** The endpoint answered the request as it should. */
  public void succeeded() {
    registry.succeeded(state);
  }

  /**
   * Teaches the endpoint's times by a streamed answer that went well.
   *
   * @param firstMillis from dispatch to the first byte
   * @param restMillis from the first byte to the last
   * @param tokens output tokens, at least 1
   * @return how long a swap that this request alone caused took, in milliseconds; NaN when it
   *     caused none or nothing is known to compare with
   */
  public double streamed(double firstMillis, double restMillis, int tokens) {
    state.times().streamed(resident, firstMillis, restMillis, tokens);
    return swapTime(firstMillis, 0);
  }

  /** The same for an answer that came whole after {@code millis}. */
  public double whole(double millis, int tokens) {
    state.times().whole(resident, millis, tokens);
    return swapTime(millis, tokens);
  }

  private double swapTime(double millis, int wholeTokens) {
    boolean tells = ownSwap && residency != Residency.UNKNOWN;
    boolean fromDisk = residency == Residency.REGISTERED;
    return tells ? state.times().swapped(fromDisk, millis, wholeTokens) : Double.NaN;
  }

  /**
   * The request is over, however it ended: gives the place back. Later calls do nothing.
   *
   * @return whether this was the first
   */
  public boolean finished() {
    return end(false);
  }

  /** The same when the server refused the request before its engine saw it. */
  public boolean refused() {
    return end(true);
  }

  private boolean end(boolean refused) {
    boolean first = OVER.compareAndSet(this, 0, 1);
    if (first) {
      registry.finished(this, refused);
    }
    return first;
  }
}
