package dev.loragateway.server;

import dev.loragateway.adapters.AdapterCatalog.Catalog;
import dev.loragateway.adapters.AdapterCatalog.Declared;
import dev.loragateway.adapters.AdapterPhase;
import dev.loragateway.adapters.AdapterStatus;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The declared adapters and how they fare, also those that were declared so lately that nothing was
 * done about them yet. Immutable.
 */
record AdapterView(Catalog catalog, Map<String, AdapterStatus> statuses) {
  private static final String JUST_NOW = "it was declared just now";

  /** As it is now. */
  static AdapterView of(AdapterControl control) {
    Map<String, AdapterStatus> statuses = control.statuses();
    return new AdapterView(control.catalog().current(), statuses);
  }

  /** In the order of the names. */
  List<AdapterStatus> all() {
    return catalog.adapters().values().stream().map(this::status).toList();
  }

  /** Null when nobody declares it. */
  @Nullable AdapterStatus status(String name) {
    Declared declared = catalog.adapters().get(name);
    return declared == null ? null : status(declared);
  }

  /** Other origins that declare it, without effect. */
  List<String> clashes(String name) {
    return catalog.clashes().getOrDefault(name, List.of());
  }

  private AdapterStatus status(Declared declared) {
    AdapterStatus known = statuses.get(declared.spec().name());
    if (known == null) {
      return new AdapterStatus(
          declared.spec(),
          declared.origin(),
          AdapterPhase.PENDING,
          "",
          "",
          Math.min(1, declared.spec().replicas().max()),
          0,
          JUST_NOW,
          null,
          List.of());
    }
    return known.spec().equals(declared.spec()) ? known : redeclared(known, declared);
  }

  /** What was done about another declaration does not count as done about this one. */
  private static AdapterStatus redeclared(AdapterStatus known, Declared declared) {
    return new AdapterStatus(
        declared.spec(),
        declared.origin(),
        known.ready() > 0 ? AdapterPhase.DEGRADED : AdapterPhase.PENDING,
        known.revision(),
        known.serving(),
        known.desired(),
        known.ready(),
        JUST_NOW,
        known.facts(),
        known.copies());
  }
}
