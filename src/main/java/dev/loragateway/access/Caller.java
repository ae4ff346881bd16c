package dev.loragateway.access;

import org.jspecify.annotations.Nullable;

/**
 * Who sent a request, once that is proved. Immutable.
 *
 * @param id unique: what it uses is counted by it
 * @param name of the key, or the token's subject; for messages
 * @param tenant to whom it belongs; stored responses are seen by their own tenant only
 * @param models which it may use
 * @param limits how much
 * @param priority class of its requests in a queue; null = the model's
 * @param details whether it may see which endpoint served it, and why
 */
public record Caller(
    String id,
    String name,
    String tenant,
    ModelPatterns models,
    RateLimits limits,
    @Nullable String priority,
    boolean details) {
  /** One whose name is unique. */
  public Caller(
      String name,
      String tenant,
      ModelPatterns models,
      RateLimits limits,
      @Nullable String priority,
      boolean details) {
    this(name, name, tenant, models, limits, priority, details);
  }

  /** Returns whether the caller may use the model, by the name that the servers know. */
  public boolean mayUse(String model) {
    return models.match(model);
  }
}
