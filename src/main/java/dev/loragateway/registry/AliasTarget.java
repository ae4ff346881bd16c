package dev.loragateway.registry;

import java.util.List;

/**
 * One of the models that an alias in the configuration stands for. Immutable.
 *
 * @param model the name of a base model or an adapter
 * @param weight its share of the requests, relative to the alias's other models, 0 to {@value
 *     #MOST}; 0 = none for now
 */
public record AliasTarget(String model, int weight) {
  public static final int MOST = 1000;

  /** The weight of the only model of an alias. */
  public static final int WHOLE = 100;

  public AliasTarget {
    if (weight < 0 || weight > MOST) {
      throw new IllegalArgumentException(
          "%s has a weight of %d (expected: 0 to %d)".formatted(model, weight, MOST));
    }
  }

  /** The targets of an alias that stands for one model. */
  public static List<AliasTarget> only(String model) {
    return List.of(new AliasTarget(model, WHOLE));
  }
}
