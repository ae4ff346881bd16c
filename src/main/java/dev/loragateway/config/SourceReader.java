package dev.loragateway.config;

import dev.loragateway.kubernetes.KubernetesSource;
import dev.loragateway.kubernetes.KubernetesSource.InferencePool;
import dev.loragateway.kubernetes.KubernetesSource.Service;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads where a pool's endpoints are found. Stateless. */
final class SourceReader {
  private static final String EXPECTED = "a mapping, or a list of at least one";

  private SourceReader() {}

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
