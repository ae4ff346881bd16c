package dev.loragateway.kubernetes;

/**
 * What is done with the annotation {@code loragateway.dev/adapters}. Immutable.
 *
 * @param read whether what pods and slices declare is used
 * @param write whether pods are annotated with the adapters that they hold, by the gateway that has
 *     the Lease
 * @param leaseNamespace namespace of the Lease; empty for the gateway's own
 * @param leaseName name of the Lease
 */
public record AnnotationSettings(
    boolean read, boolean write, String leaseNamespace, String leaseName) {
  /** What holds where nothing else is configured. */
  public static final AnnotationSettings DEFAULTS =
      new AnnotationSettings(true, false, "", "lora-gateway");
}
