package dev.loragateway.telemetry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The table of docs/metrics.md is the one that the metrics describe. {@code -Dmetrics.write=true}
 * writes it anew.
 */
class MetricTest {
  private static final Path DOCS = Path.of("docs/metrics.md");
  private static final String HEAD = "| name | labels | meaning |\n| --- | --- | --- |\n";
  private static final Pattern NAME = Pattern.compile("lora_gateway_\\w+");

  private static String row(Metric metric) {
    String kind =
        switch (metric.kind()) {
          case COUNTER -> "";
          case GAUGE, SECONDS -> "gauge: ";
          case OVERHEAD, TOKEN, DURATION -> "histogram: ";
        };
    String labels =
        metric.labels().stream()
            .map(label -> "`" + label + "`")
            .collect(Collectors.joining(", ", "", metric.labels().isEmpty() ? "" : " "));
    return "| `" + metric.exposed() + "` | " + labels + "| " + kind + metric.meaning() + " |\n";
  }

  @Test
  void docs_sayWhatEachMetricIs() throws IOException {
    String docs = Files.readString(DOCS);
    int start = docs.indexOf(HEAD);
    int end = docs.indexOf("\n\n", start);
    end = end < 0 ? docs.length() : end + 1;
    String table =
        HEAD + Arrays.stream(Metric.values()).map(MetricTest::row).collect(Collectors.joining());
    if (Boolean.getBoolean("metrics.write")) {
      Files.writeString(DOCS, docs.substring(0, start) + table + docs.substring(end));
      return;
    }

    assertThat(docs.substring(start, end)).isEqualTo(table);
  }

  @Test
  void names_areUnique_andHelpIsPlainText() {
    assertThat(Metric.values()).extracting(Metric::exposed).doesNotHaveDuplicates();
    assertThat(Metric.values())
        .allSatisfy(metric -> assertThat(metric.help()).doesNotContain("](", "`"));
  }

  /** Alerts, dashboards and other pages name no metric that does not exist. */
  @Test
  void metricsNamedElsewhere_exist() throws IOException {
    Set<String> known = new TreeSet<>();
    for (Metric metric : Metric.values()) {
      List<String> suffixes =
          metric.kind().histogram() ? List.of("", "_bucket", "_count", "_sum") : List.of("");
      suffixes.forEach(suffix -> known.add(metric.exposed() + suffix));
    }
    Set<String> named = new TreeSet<>();
    for (String place : List.of("docs", "gateway", "docker", "README.md")) {
      named.addAll(namedBelow(Path.of(place)));
    }

    assertThat(known).containsAll(named);
    assertThat(named).hasSizeGreaterThan(10);
  }

  private static Set<String> namedBelow(Path place) throws IOException {
    Set<String> named = new TreeSet<>();
    try (Stream<Path> files = Files.walk(place)) {
      for (Path file : files.filter(MetricTest::isText).toList()) {
        Matcher matcher = NAME.matcher(Files.readString(file, UTF_8));
        while (matcher.find()) {
          named.add(matcher.group());
        }
      }
    }
    return named;
  }

  private static boolean isText(Path file) {
    return Files.isRegularFile(file) && file.toString().matches(".*\\.(md|ya?ml|json|sh|txt|tpl)");
  }
}
