package dev.loragateway.registry;

/**
 * One of the models that a name stands for. Immutable.
 *
 * @param model the name by which the servers know it
 * @param adapter the name by which users and operators know it: without the revision that {@code
 *     model} may have
 * @param weight its share of the requests, relative to the other variants', from 1
 */
public record Variant(String model, String adapter, int weight) {
  public Variant {
    if (weight < 1) {
      throw new IllegalArgumentException(
          model + " has a weight of " + weight + " (expected: >= 1)");
    }
  }

  /** The only variant of a name. */
  public Variant(String model, String adapter) {
    this(model, adapter, 1);
  }
}
