package dev.loragateway.registry;

import java.util.List;

/** What a name stands for: one model, or several that share its requests. Immutable. */
final class Variants {
  private final List<Variant> variants;
  private final int total;

  Variants(List<Variant> variants) {
    this.variants = List.copyOf(variants);
    this.total = variants.stream().mapToInt(Variant::weight).sum();
  }

  List<Variant> all() {
    return variants;
  }

  /** The variant that a request gets: the same for equal {@code dice}, spread by the weights. */
  Variant at(long dice) {
    if (variants.size() == 1) {
      return variants.getFirst();
    }
    long left = Long.remainderUnsigned(dice, total);
    for (Variant variant : variants) {
      left -= variant.weight();
      if (left < 0) {
        return variant;
      }
    }
    throw new IllegalStateException("the weights do not add up");
  }
}
