package dev.loragateway.adapters;

import dev.loragateway.model.Endpoint;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.ServedNames;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint that is up, with what the controller has loaded there or is about to. Confined to
 * the controller's thread.
 */
final class ControlledEndpoint {
  /** Calls in a row without an answer after which nothing new is begun for a while. */
  private static final int SILENT = 2;

  private static final long SECOND = 1_000_000_000L;
  private static final long PAUSE = 10 * SECOND;

  /** After it is back, so long a scrape may take to tell which process it is. */
  private static final long PATIENCE = 5 * SECOND;

  private final Map<String, ControlledCopy> copies = new LinkedHashMap<>();
  private EndpointState seen;
  private long leftAt;
  private long backAt = Long.MAX_VALUE;
  private int calls;
  private int unanswered;
  private long pausedUntil = Long.MIN_VALUE;
  private long nextStart = Long.MIN_VALUE;

  ControlledEndpoint(EndpointState seen) {
    this.seen = seen;
  }

  /** As it is reached now. */
  Endpoint endpoint() {
    return seen.endpoint();
  }

  String address() {
    return endpoint().address();
  }

  /** Whether it is known under that address; another credential is no other server. */
  boolean isOf(Endpoint endpoint) {
    return endpoint.pool().equals(endpoint().pool());
  }

  /** It does not answer any more. */
  void left(long now) {
    leftAt = now;
    backAt = Long.MAX_VALUE;
  }

  /** It answers again: whether it can be told by now which process that is. */
  boolean tells(EndpointState state, long now) {
    backAt = Math.min(backAt, now);
    return Double.isNaN(processStart(seen))
        || state.loadAt() - leftAt > 0
        || now - backAt >= PATIENCE;
  }

  /** Whether that is the process that left, and so has what it had. */
  boolean cameBackAs(EndpointState state) {
    return isOf(state.endpoint())
        && state.loadAt() - leftAt > 0
        && processStart(state) == processStart(seen);
  }

  private static double processStart(EndpointState state) {
    return state.load() == null ? Double.NaN : state.load().processStart();
  }

  EndpointState seen() {
    return seen;
  }

  /**
   * Takes in what the registry knows now: a copy that the server does not list any more has to be
   * loaded again, and one that is listed without a copy was loaded before the controller started.
   *
   * @return whether anything changed
   */
  @SuppressWarnings("ReferenceEquality") // what did not change is the same object
  boolean observe(EndpointState now, long time) {
    boolean slotsChanged = seen.residency().slots() != now.residency().slots();
    if (seen.models() == now.models()) {
      seen = now;
      return slotsChanged;
    }
    seen = now;
    boolean changed = slotsChanged;
    for (ControlledCopy copy : copies.values()) {
      boolean listed = now.models().containsKey(copy.name());
      if (!listed && copy.ready()) {
        copy.recheck(time);
        copy.reason = "the server does not have it any more";
        changed = true;
      }
      copy.listed = listed;
    }
    return adopt(now.models().keySet()) || changed;
  }

  /** Takes over what an earlier controller loaded. */
  boolean adopt(Set<String> models) {
    boolean changed = false;
    for (String model : models) {
      String adapter = ServedNames.adapter(model);
      if (adapter != null && ServedNames.isRevision(model) && !copies.containsKey(model)) {
        ControlledCopy copy = new ControlledCopy(adapter, ServedNames.revision(model));
        copy.listed = true;
        copies.put(model, copy);
        changed = true;
      }
    }
    return changed;
  }

  @Nullable ControlledCopy copy(String name) {
    return copies.get(name);
  }

  ControlledCopy copy(String adapter, String revision) {
    return copies.computeIfAbsent(
        ServedNames.internal(adapter, revision), name -> new ControlledCopy(adapter, revision));
  }

  Collection<ControlledCopy> copies() {
    return copies.values();
  }

  /** Whether it is known not to answer, so that nothing new is placed there. */
  boolean paused(long now) {
    return now < pausedUntil;
  }

  /**
   * Whether another call may begin; one with requests is not disturbed too often, a sleeper never.
   */
  boolean mayCall(AdapterSettings.Loading settings, long now) {
    boolean live = seen.inFlight().total() > 0;
    boolean open = !seen.asleep() && !paused(now);
    return open && calls < settings.parallel() && (!live || now >= nextStart);
  }

  void begins(AdapterSettings.Loading settings, long now) {
    calls++;
    nextStart = now + SECOND / settings.perSecond();
  }

  void ended(boolean answered, long now) {
    calls--;
    unanswered = answered ? 0 : unanswered + 1;
    if (unanswered >= SILENT) {
      pausedUntil = now + PAUSE;
    }
  }

  /** Requests under way for a copy, of this gateway or, by the last scrape, of anybody. */
  boolean isUsed(ControlledCopy copy, long now) {
    boolean own = seen.inFlight().cell(copy.name()).inFlight() > 0;
    boolean others =
        seen.load() != null
            && seen.load().active() != null
            && seen.load().active().contains(copy.name());
    boolean scraped = seen.loadAt() - copy.since > 0;
    return own || (others && scraped) || (!scraped && now - copy.since < SECOND);
  }
}
