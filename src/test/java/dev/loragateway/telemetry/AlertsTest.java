package dev.loragateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Whoever is woken by an alert finds what to do. */
class AlertsTest {
  private static final Path ALERTS = Path.of("gateway/alerts/lora-gateway.yaml");
  private static final Path RUNBOOK = Path.of("docs/runbook.md");

  private static final Pattern UNBRACED = Pattern.compile("lora_gateway_\\w++(?!\\{)");

  private static List<String> find(Path file, String pattern) throws IOException {
    List<String> found = new ArrayList<>();
    Matcher matcher = Pattern.compile(pattern, Pattern.MULTILINE).matcher(Files.readString(file));
    while (matcher.find()) {
      found.add(matcher.group(1));
    }
    return found;
  }

  @Test
  void eachAlert_hasASectionInTheRunbook_andPointsToIt() throws IOException {
    List<String> alerts = find(ALERTS, "- alert: (\\w+)$");

    assertThat(find(RUNBOOK, "^## (\\w+)$")).containsExactlyInAnyOrderElementsOf(alerts);
    assertThat(find(ALERTS, "runbook: docs/runbook.md#(\\w+)$"))
        .containsExactlyElementsOf(
            alerts.stream().map(alert -> alert.toLowerCase(Locale.ROOT)).toList());
  }

  /** The chart narrows a selector to its release at its brace. */
  @Test
  void eachSelector_hasBraces() throws IOException {
    List<String> expressions = find(ALERTS, "(?s)expr:(.*?)\\n +for:");

    assertThat(expressions).hasSameSizeAs(find(ALERTS, "- alert: (\\w+)$"));
    assertThat(expressions)
        .allSatisfy(expression -> assertThat(expression).doesNotContainPattern(UNBRACED));
  }
}
