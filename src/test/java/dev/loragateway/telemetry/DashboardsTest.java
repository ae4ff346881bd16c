package dev.loragateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What Grafana would show wrongly without an error. */
class DashboardsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final int COLUMNS = 24;

  static Stream<Path> dashboards() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("gateway/dashboards"))) {
      return files.filter(file -> file.toString().endsWith(".json")).toList().stream();
    }
  }

  private static JsonNode read(Path file) throws IOException {
    return JSON.readTree(Files.readString(file));
  }

  @Test
  void uids_andTitles_areUnique() throws IOException {
    Set<String> uids = new HashSet<>();
    Set<String> titles = new HashSet<>();
    for (Path file : dashboards().toList()) {
      assertThat(uids.add(read(file).path("uid").asText())).as(file.toString()).isTrue();
      assertThat(titles.add(read(file).path("title").asText())).as(file.toString()).isTrue();
    }
    assertThat(uids).hasSize(3);
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void panels_haveIdsAndPlacesOfTheirOwn(Path file) throws IOException {
    Set<Integer> ids = new HashSet<>();
    Set<String> cells = new HashSet<>();
    for (JsonNode panel : read(file).path("panels")) {
      String title = panel.path("title").asText();
      assertThat(ids.add(panel.path("id").asInt())).as(title).isTrue();
      JsonNode place = panel.path("gridPos");
      assertThat(place.path("x").asInt() + place.path("w").asInt()).isLessThanOrEqualTo(COLUMNS);
      for (int x = 0; x < place.path("w").asInt(); x++) {
        for (int y = 0; y < place.path("h").asInt(); y++) {
          int column = place.path("x").asInt() + x;
          int line = place.path("y").asInt() + y;
          assertThat(cells.add(column + " " + line)).as(title).isTrue();
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void panels_askTheChosenDataSource_andShowAUnit(Path file) throws IOException {
    Set<String> variables = new HashSet<>();
    read(file)
        .path("templating")
        .path("list")
        .forEach(variable -> variables.add(variable.path("name").asText()));
    assertThat(variables).contains("datasource", "pool");
    for (JsonNode panel : read(file).path("panels")) {
      if (!panel.path("type").asText().equals("row")) {
        String title = panel.path("title").asText();
        assertThat(title).isNotEmpty();
        assertThat(panel.at("/fieldConfig/defaults/unit").asText()).as(title).isNotEmpty();
        assertThat(panel.path("targets")).as(title).isNotEmpty();
        for (JsonNode target : panel.path("targets")) {
          assertThat(target.at("/datasource/uid").asText()).isEqualTo("${datasource}");
          assertThat(target.path("expr").asText()).as(title).contains("lora_gateway_");
        }
      }
    }
  }
}
