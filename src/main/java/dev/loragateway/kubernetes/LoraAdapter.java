package dev.loragateway.kubernetes;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.Required;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;
import org.jspecify.annotations.Nullable;

/**
 * An adapter as an object of Kubernetes. Not changed once it was read; confined to whoever made it
 * before.
 */
@Group(LoraAdapter.GROUP)
@Version("v1alpha1")
@Kind("LoraAdapter")
@Plural("loraadapters")
@ShortNames("lora")
@AdditionalPrinterColumn(
    name = "Model",
    jsonPath = ".spec.model",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Phase",
    jsonPath = ".status.phase",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Ready",
    jsonPath = ".status.readyReplicas",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Desired",
    jsonPath = ".status.desiredReplicas",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Revision",
    jsonPath = ".status.servingRevision",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@AdditionalPrinterColumn(
    name = "Base",
    jsonPath = ".spec.baseModel",
    type = AdditionalPrinterColumn.Type.STRING,
    priority = 1)
@AdditionalPrinterColumn(
    name = "Message",
    jsonPath = ".status.message",
    type = AdditionalPrinterColumn.Type.STRING,
    priority = 1)
public final class LoraAdapter extends CustomResource<LoraAdapterSpec, LoraAdapterStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1;

  /** The group of this kind, and the prefix of labels and annotations. */
  public static final String GROUP = "loragateway.dev";

  @Override
  @Required
  public LoraAdapterSpec getSpec() {
    return super.getSpec();
  }

  /** The name that users ask for. */
  String model() {
    String named = spec == null ? null : spec.model();
    return named == null ? getMetadata().getName() : named;
  }

  /** Whether somebody deleted it, so that it goes when nothing holds it any more. */
  boolean isDeleted() {
    return getMetadata().getDeletionTimestamp() != null;
  }

  @Override
  protected @Nullable LoraAdapterSpec initSpec() {
    return null;
  }

  @Override
  protected @Nullable LoraAdapterStatus initStatus() {
    return null;
  }
}
