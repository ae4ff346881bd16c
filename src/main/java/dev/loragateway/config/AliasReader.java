package dev.loragateway.config;

import dev.loragateway.registry.AliasTarget;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Reads the aliases of all pools. Confined to the reading thread. */
final class AliasReader {
  private static final Format<Integer> WEIGHT = Quantities.integer(0, AliasTarget.MOST);

  private final ClaimedNames modelNames;
  private final Findings findings;
  private final Set<String> aliases = new TreeSet<>();
  private final List<Located<String>> targets = new ArrayList<>();

  AliasReader(ClaimedNames modelNames, Findings findings) {
    this.modelNames = modelNames;
    this.findings = findings;
  }

  /** Reads those of one pool: each stands for a model, or for several with weights. */
  Map<String, List<AliasTarget>> read(Section pool) {
    Map<String, List<AliasTarget>> own = new LinkedHashMap<>();
    pool.shares("aliases", Formats.MODEL, WEIGHT, AliasTarget.WHOLE)
        .forEach(
            (alias, shares) -> {
              modelNames.claim(alias, shares.path(), shares.line());
              aliases.add(alias);
              own.put(alias, targets(alias, shares));
            });
    return Collections.unmodifiableMap(own);
  }

  private List<AliasTarget> targets(String alias, Located<Map<String, Located<Integer>>> shares) {
    List<AliasTarget> of = new ArrayList<>();
    shares
        .value()
        .forEach(
            (model, weight) -> {
              targets.add(new Located<>(model, weight.path(), weight.line()));
              of.add(new AliasTarget(model, weight.value()));
            });
    if (!of.isEmpty() && of.stream().allMatch(target -> target.weight() == 0)) {
      findings.error(
          shares.path(),
          shares.line(),
          "gives all of " + Text.quote(alias) + " a weight of 0 (expected: one above 0)");
    }
    return List.copyOf(of);
  }

  /** Reports each alias, of any pool, that leads to another one: an alias is followed once. */
  void check() {
    for (Located<String> target : targets) {
      if (aliases.contains(target.value())) {
        findings.error(
            target.path(),
            target.line(),
            Text.quote(target.value()) + " is an alias itself (expected: the name of a model)");
      }
    }
  }
}
