package dev.loragateway.adapters;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How an adapter fares. Immutable.
 *
 * @param spec what should be
 * @param origin of the spec, see {@link AdapterCatalog}
 * @param phase how it fares as a whole
 * @param revision the content that should be served, in hexadecimal digits; empty = not known
 * @param serving the content that is served; empty = none
 * @param desired endpoints that should have it now
 * @param ready endpoints that do
 * @param message why it is as it is, for people; empty = nothing to say
 * @param facts of its files; null = they were not seen
 * @param copies at each endpoint
 */
public record AdapterStatus(
    AdapterSpec spec,
    String origin,
    AdapterPhase phase,
    String revision,
    String serving,
    int desired,
    int ready,
    String message,
    @Nullable AdapterFacts facts,
    List<Copy> copies) {
  public AdapterStatus {
    copies = List.copyOf(copies);
  }

  /**
   * One copy. Immutable.
   *
   * @param address of the endpoint
   * @param revision its content
   * @param state what becomes of it
   * @param attempts to load it that failed in a row
   * @param retryAt when the next one comes, in Unix milliseconds; 0 = none
   * @param message why it failed; empty = it did not
   */
  public record Copy(
      String address,
      String revision,
      CopyState state,
      int attempts,
      long retryAt,
      String message) {}
}
