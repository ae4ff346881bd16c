package dev.loragateway.adapters;

import dev.loragateway.adapters.AdapterCatalog.Declared;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.ServedNames;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One adapter that is declared, and how far the controller has come with it. Confined to the
 * controller's thread.
 */
final class ControlledAdapter {
  /** Stands for the revision of files that were not looked at yet. */
  private static final String NOT_KNOWN = "0".repeat(ServedNames.REVISION_DIGITS);

  private Declared declared;

  /** What the files were found to be; null = they were not looked at since they were declared. */
  private @Nullable Content content;

  /** The pool that serves it; null = none does. */
  @Nullable PoolSettings pool;

  /** Why no pool serves it; empty = one does. */
  String unfit = "";

  /** The revision to which requests go; empty = none. */
  String serving = "";

  /** The same of the files; empty = not known. */
  String wanted = "";

  private String wantedName = "";

  /** Endpoints that should have it. */
  int desired;

  /** Since when fewer would be enough; {@link Long#MAX_VALUE} = they would not. */
  long shrinksSince = Long.MAX_VALUE;

  /** When it was last used or asked for, as far as is known, or was declared. */
  long askedAt;

  /** The same as it was last told to the gateway that leads. */
  long toldUse;

  /** Why it has fewer copies than it should; empty = it has not. */
  String missing = "";

  /** Addresses of the endpoints that should have the wanted revision. */
  List<String> planned = List.of();

  ControlledAdapter(Declared declared, long now) {
    this.declared = declared;
    this.askedAt = now;
    this.toldUse = now;
    this.desired = Math.min(1, declared.spec().replicas().max());
  }

  String name() {
    return declared.spec().name();
  }

  AdapterSpec spec() {
    return declared.spec();
  }

  Declared declared() {
    return declared;
  }

  /** Takes another declaration of the same adapter. */
  void redeclare(Declared next) {
    if (!next.spec().source().equals(declared.spec().source())) {
      content = null;
    }
    declared = next;
  }

  @Nullable Content content() {
    return content;
  }

  /** Takes in what the files were found to be; an unsettled look leaves what was known. */
  void found(Content next) {
    if (next instanceof Content.Unsettled && content instanceof Content.Settled) {
      return;
    }
    content = next;
    if (next instanceof Content.Settled settled) {
      wanted = settled.revision();
      wantedName = ServedNames.internal(name(), wanted);
    }
  }

  @Nullable AdapterFacts facts() {
    return content instanceof Content.Settled settled ? settled.facts() : null;
  }

  /** Why it cannot be served as it is declared; empty = it can, or that is not known yet. */
  String refusal() {
    return content instanceof Content.Refused refused ? refused.reason() : unfit;
  }

  /** Whether it can be placed. */
  boolean placeable() {
    return pool != null && content instanceof Content.Settled && unfit.isEmpty();
  }

  /** The name by which servers know what requests should go to. */
  String target() {
    if (serving.isEmpty() || serving.equals(wanted)) {
      return wanted.isEmpty() ? ServedNames.internal(name(), NOT_KNOWN) : wantedName;
    }
    return ServedNames.internal(name(), serving);
  }

  /** The name by which servers know what should be loaded; empty = its files are not known. */
  String wantedName() {
    return wantedName;
  }

  /** Whether a revision is ready anywhere. */
  boolean isReady(Iterable<ControlledEndpoint> endpoints, String revision) {
    if (revision.isEmpty()) {
      return false;
    }
    String model = ServedNames.internal(name(), revision);
    for (ControlledEndpoint at : endpoints) {
      ControlledCopy copy = at.copy(model);
      if (copy != null && copy.ready()) {
        return true;
      }
    }
    return false;
  }

  /** Takes over where it should be; returns whether that is news. */
  boolean plan(Placement plan) {
    List<String> before = planned;
    String missed = missing;
    if (placeable()) {
      planned = plan.of(name());
      missing = plan.missing().getOrDefault(name(), "");
    } else {
      missing = "";
    }
    return !before.equals(planned) || !missed.equals(missing);
  }

  /** Where it was tried in vain so often that it should be elsewhere. */
  Set<String> avoid(Iterable<ControlledEndpoint> endpoints, long now) {
    Set<String> avoid = new HashSet<>();
    for (ControlledEndpoint at : endpoints) {
      ControlledCopy copy = at.copy(wantedName());
      boolean hopeless = copy != null && copy.hopeless() && (copy.lasting || copy.retryAt > now);
      if (hopeless || (at.paused(now) && (copy == null || !copy.ready()))) {
        avoid.add(at.address());
      }
    }
    return avoid;
  }
}
