package dev.loragateway.kubernetes;

import dev.loragateway.adapters.AdapterCatalog;
import dev.loragateway.adapters.AdapterCatalog.Declared;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * An object that declares an adapter, and what it was found to say. Immutable.
 *
 * @param metadata not to be changed
 * @param model the name that users ask for
 * @param reading of its spec
 * @param own null when the kind is another project's, so that its status is not ours to write
 */
record AdapterObject(
    ObjectMeta metadata, String model, Reading reading, @Nullable LoraAdapter own) {
  /** The older one first; of equally old ones the first by name. */
  static final Comparator<AdapterObject> BY_AGE =
      Comparator.comparing(AdapterObject::created).thenComparing(AdapterObject::origin);

  /** RFC 3339 in UTC and whole seconds, so that texts compare as times do. */
  private String created() {
    String created = metadata.getCreationTimestamp();
    return created == null ? "" : created;
  }

  /** Who declares it, for people and for the catalog. */
  String origin() {
    return AdapterCatalog.KUBERNETES
        + ":"
        + metadata.getNamespace()
        + "/"
        + metadata.getName()
        + (own == null ? " (ModelAdapter)" : "");
  }

  String apiVersion() {
    return own == null ? "model.aibrix.ai/v1alpha1" : own.getApiVersion();
  }

  String kind() {
    return own == null ? "ModelAdapter" : own.getKind();
  }

  /** What the catalog gets of it; null when there is a fault. */
  @Nullable Declared declared() {
    return reading instanceof Reading.Good good ? new Declared(good.spec(), origin()) : null;
  }

  /** The same with another reading. */
  AdapterObject read(Reading other) {
    return new AdapterObject(metadata, model, other, own);
  }
}
