package dev.loragateway.routing;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a pick needs to know of a request. Immutable.
 *
 * @param model base model or adapter, aliases resolved
 * @param usesAdapter whether the server's engine will run the adapter; false for tokenizing and the
 *     like
 * @param session an explicit session that should keep its endpoint, or null
 * @param pinned address of the only endpoint that can serve the request, or null
 * @param promptHash of the first message, 0 when there is none; it breaks exact ties
 * @param tried addresses that failed already
 * @param again whether the request was picked for before: it is no new demand, and waits before
 *     those of its class rather than being refused
 */
public record PickRequest(
    String model,
    boolean usesAdapter,
    @Nullable String session,
    @Nullable String pinned,
    int promptHash,
    Set<String> tried,
    boolean again) {

  /** A request that is picked for the first time, unless it was tried somewhere. */
  public PickRequest(
      String model,
      boolean usesAdapter,
      @Nullable String session,
      @Nullable String pinned,
      int promptHash,
      Set<String> tried) {
    this(model, usesAdapter, session, pinned, promptHash, tried, !tried.isEmpty());
  }

  /** A request of which only the model is known. */
  public static PickRequest of(String model) {
    return new PickRequest(model, true, null, null, 0, Set.of());
  }

  /** The same request, picked for once more, with a set of addresses that stays as it is. */
  PickRequest asAgain() {
    return new PickRequest(
        model, usesAdapter, session, pinned, promptHash, Set.copyOf(tried), true);
  }

  /** Returns whether only another endpoint can serve the request. */
  boolean pinnedElsewhere(String address) {
    return pinned != null && !pinned.equals(address);
  }
}
