package dev.loragateway.config;

import dev.loragateway.kubernetes.AnnotationSettings;
import dev.loragateway.kubernetes.KubernetesSource;
import dev.loragateway.kubernetes.KubernetesSource.InferencePool;
import dev.loragateway.kubernetes.KubernetesSource.Service;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what the gateway does in Kubernetes. Stateless. */
final class SourceReader {
  private static final String EXPECTED = "a mapping, or a list of at least one";

  private SourceReader() {}

  private record Lease(String namespace, String name) {}

  /** The section outside the pools. */
  static AnnotationSettings annotations(Section kubernetes) {
    AnnotationSettings defaults = AnnotationSettings.DEFAULTS;
    Lease lease = kubernetes.section("lease", SourceReader::lease);
    return kubernetes.section(
        "annotations",
        section ->
            new AnnotationSettings(
                section.value("read", Formats.BOOLEAN, defaults.read()),
                section.value("write", Formats.BOOLEAN, defaults.write()),
                lease.namespace(),
                lease.name()));
  }

  private static Lease lease(Section section) {
    AnnotationSettings defaults = AnnotationSettings.DEFAULTS;
    return new Lease(
        section.value("namespace", Formats.KUBERNETES_NAME, defaults.leaseNamespace()),
        section.value("name", Formats.KUBERNETES_NAME, defaults.leaseName()));
  }

  /** Where the endpoints of a pool are found. */
  static List<KubernetesSource> read(Section pool) {
    List<KubernetesSource> sources = new ArrayList<>();
    sources.addAll(pool.oneOrMore("kubernetes", EXPECTED, SourceReader::service));
    sources.addAll(pool.oneOrMore("inferencePool", EXPECTED, SourceReader::inferencePool));
    return sources;
  }

  private static KubernetesSource service(Section section) {
    return new Service(
        section.value("context", Formats.CONTEXT, ""),
        section.value("namespace", Formats.KUBERNETES_NAME, ""),
        text(section.require("service", Formats.KUBERNETES_NAME)),
        section.value("port", Formats.KUBERNETES_PORT, ""));
  }

  private static KubernetesSource inferencePool(Section section) {
    return new InferencePool(
        section.value("context", Formats.CONTEXT, ""),
        section.value("namespace", Formats.KUBERNETES_NAME, ""),
        text(section.require("name", Formats.KUBERNETES_NAME)));
  }

  private static String text(@Nullable Located<String> found) {
    return found == null ? "" : found.value();
  }
}
