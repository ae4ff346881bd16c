package dev.loragateway.sim;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One request as the server saw it. Immutable.
 *
 * @param method HTTP method
 * @param path path without the query
 * @param model the model that it named; null = none
 * @param headers all headers, names in lower case, repeated ones joined by {@code ", "}
 * @param bodySize bytes of the body
 * @param body the body as UTF-8, cut at 1 MiB
 * @param aborted whether the client left before the answer was complete
 * @param level where its adapter's weights were when it was first scheduled; null = not scheduled,
 *     or a request for the base model
 */
public record SimRequest(
    String method,
    String path,
    @Nullable String model,
    Map<String, String> headers,
    int bodySize,
    String body,
    boolean aborted,
    @Nullable Level level) {

  /** Where an adapter's weights are. */
  public enum Level {
    GPU,
    CPU,
    DISK
  }

  /** Whether its adapter was in a GPU slot when it was first scheduled. */
  public boolean resident() {
    return level == Level.GPU;
  }
}
