package dev.loragateway.bench.routing;

import dev.loragateway.model.ModelCard;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** The adapters of a run, by number: names, ranks and sizes. Immutable. */
final class Adapters {
  static final String BASE = "base";

  /** The number that stands for the base model. */
  static final int NONE = -1;

  private static final int USUAL_RANK = 16;

  final String[] names;
  final int[] ranks;
  final double[] mb;
  final List<ModelCard> cards = new ArrayList<>();

  /**
   * Makes {@code count} adapters of rank 16 or, where {@code mixed}, half of rank 8, three tenths
   * of 16 and the rest of 64, with sizes in proportion.
   */
  Adapters(int count, boolean mixed, double usualMb, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    names = new String[count];
    ranks = new int[count];
    mb = new double[count];
    cards.add(new ModelCard(BASE, null, null, 0, 4096));
    for (int i = 0; i < count; i++) {
      double draw = random.nextDouble();
      names[i] = "lora-" + i;
      ranks[i] = !mixed ? USUAL_RANK : draw < 0.5 ? 8 : draw < 0.8 ? USUAL_RANK : 64;
      mb[i] = usualMb * ranks[i] / USUAL_RANK;
      cards.add(new ModelCard(names[i], BASE, null, 0, 0));
    }
  }

  int count() {
    return names.length;
  }

  String name(int adapter) {
    return adapter == NONE ? BASE : names[adapter];
  }

  int rank(int adapter) {
    return ranks[adapter];
  }
}
