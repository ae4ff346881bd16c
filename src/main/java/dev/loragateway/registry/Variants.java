package dev.loragateway.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What a name stands for: one model, or several that share its requests. Immutable. */
final class Variants {
  private static final int FINE = 1000;

  private final List<Variant> variants;
  private final int total;

  Variants(List<Variant> variants) {
    this.variants = List.copyOf(variants);
    this.total = variants.stream().mapToInt(Variant::weight).sum();
  }

  /**
   * What an alias stands for.
   *
   * @param targets its models, at least one, each with a weight above 0
   * @param names what names stand for that are not those of models
   */
  static Variants of(List<AliasTarget> targets, Map<String, Variants> names) {
    List<Variant> shares = new ArrayList<>();
    for (AliasTarget target : targets) {
      String model = target.model();
      Variants of = names.getOrDefault(model, new Variants(List.of(new Variant(model, model))));
      if (targets.size() == 1) {
        return of;
      }
      of.variants.forEach(variant -> shares.add(of.share(variant, target.weight())));
    }
    return new Variants(shares);
  }

  /** A variant with its part of a weight, to a thousandth of that. */
  private Variant share(Variant of, int weight) {
    long part = Math.round((double) FINE * weight * of.weight() / total);
    return new Variant(of.model(), of.adapter(), (int) Math.max(1, part));
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
