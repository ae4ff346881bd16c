package dev.loragateway.adapters;

import dev.loragateway.model.ModelCard;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RegistrySnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds the pool whose base model an adapter was trained for. Immutable.
 *
 * @param pool null when there is none
 * @param refusal why there is none; empty = there is one
 */
record PoolMatch(@Nullable PoolSettings pool, String refusal) {
  /** A repository, as {@code meta-llama/Llama-3.1-8B}, and no path. */
  private static final Pattern REPOSITORY = Pattern.compile("[\\w.-]+/[\\w.-]+");

  /**
   * Looks for it.
   *
   * @param name of the adapter
   * @param baseModel as declared; empty = it is not
   * @param facts of the files; null when they cannot be seen
   */
  static PoolMatch of(
      String name, String baseModel, @Nullable AdapterFacts facts, RegistrySnapshot snapshot) {
    String taken = taken(name, snapshot);
    if (taken != null) {
      return refused(taken);
    }
    String trainedFor = facts == null ? "" : facts.baseModel();
    List<PoolSnapshot> candidates = new ArrayList<>();
    for (PoolSnapshot pool : snapshot.pools()) {
      if (baseModel.isEmpty()
          ? snapshot.pools().size() == 1 || isOf(trainedFor, pool, snapshot)
          : pool.settings().baseModel().equals(baseModel)) {
        candidates.add(pool);
      }
    }
    if (candidates.size() != 1) {
      return refused(none(baseModel, trainedFor, snapshot));
    }
    PoolSnapshot only = candidates.getFirst();
    if (isRepository(trainedFor)
        && names(only, snapshot).stream().anyMatch(PoolMatch::isRepository)
        && !isOf(trainedFor, only, snapshot)) {
      return refused(
          "it was trained for %s, but pool %s serves %s"
              .formatted(trainedFor, only.name(), String.join(", ", names(only, snapshot))));
    }
    return new PoolMatch(only.settings(), "");
  }

  /** Why the name cannot be an adapter's, or null when it can. */
  static @Nullable String taken(String name, RegistrySnapshot snapshot) {
    for (PoolSnapshot pool : snapshot.pools()) {
      if (pool.settings().baseModel().equals(name)) {
        return "%s is the base model of pool %s (expected: another name)"
            .formatted(name, pool.name());
      }
      if (pool.settings().aliases().containsKey(name)) {
        return "%s is an alias of pool %s (expected: another name)".formatted(name, pool.name());
      }
    }
    return null;
  }

  private static PoolMatch refused(String why) {
    return new PoolMatch(null, why);
  }

  private static String none(String baseModel, String trainedFor, RegistrySnapshot snapshot) {
    List<String> served =
        snapshot.pools().stream().map(pool -> pool.settings().baseModel()).toList();
    String wanted =
        baseModel.isEmpty()
            ? trainedFor.isEmpty() ? "a base model that is not told" : trainedFor
            : baseModel;
    return "no pool serves %s (expected: one of %s as baseModel)"
        .formatted(wanted, String.join(", ", served));
  }

  /** What the base model of a pool is called. */
  private static List<String> names(PoolSnapshot pool, RegistrySnapshot snapshot) {
    String served = pool.settings().baseModel();
    ModelCard card = snapshot.cards().get(served);
    String root = card == null ? null : card.root();
    return root == null || root.equals(served) ? List.of(served) : List.of(served, root);
  }

  private static boolean isOf(String trainedFor, PoolSnapshot pool, RegistrySnapshot snapshot) {
    return !trainedFor.isEmpty()
        && names(pool, snapshot).stream().anyMatch(name -> last(name).equals(last(trainedFor)));
  }

  private static String last(String name) {
    String whole = name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
    return whole.substring(whole.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
  }

  private static boolean isRepository(String name) {
    return REPOSITORY.matcher(name).matches();
  }
}
