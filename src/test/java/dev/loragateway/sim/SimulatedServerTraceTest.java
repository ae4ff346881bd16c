package dev.loragateway.sim;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The slots move as those of real vLLM 0.32 did; {@code bench/record_trace.py} recorded it. */
class SimulatedServerTraceTest {
  @ParameterizedTest
  @ValueSource(strings = {"gpu2-cpu3", "gpu3-cpu3"})
  void slots_recordedSequence_moveAsInVllm(String name) throws IOException {
    List<JsonNode> recording = recording(name);
    JsonNode header = recording.getFirst();
    try (SimulatedServer server = SimulatedServer.start(settings(header));
        SimClient client = new SimClient(server)) {
      assertThat(eventsFrom(server, 0)).isEqualTo(events(header));
      for (JsonNode call : recording.subList(1, recording.size())) {
        int before = server.trace().size();
        assertThat(perform(client, call)).as("%s", call).isEqualTo(call.path("status").asInt());
        assertThat(eventsFrom(server, before)).as("%s", call).isEqualTo(events(call));
      }
      assertThat(server.trace()).hasSizeGreaterThan(150);
    }
  }

  private static int perform(SimClient client, JsonNode call) {
    String model = call.path("model").asText();
    return switch (call.path("op").asText()) {
      case "chat" -> client.chat(model, call.path("tokens").asInt()).statusCode();
      case "load" -> client.load(model, "/models/" + model, false).statusCode();
      case "reload" -> client.load(model, "/models/" + model, true).statusCode();
      case "unload" -> client.unload(model).statusCode();
      default -> throw new AssertionError("op of " + call);
    };
  }

  private static SimSettings settings(JsonNode header) {
    List<String> start = new ArrayList<>();
    header.path("start").forEach(name -> start.add(name.asText()));
    List<String> later = new ArrayList<>();
    header.path("later").forEach(name -> later.add(name.asText()));
    return SimSettings.of(header.path("baseModel").asText())
        .withAdapters(start)
        .withLoadable(later.toArray(String[]::new))
        .withSlots(header.path("maxLoras").asInt(), header.path("maxCpuLoras").asInt())
        .withTimeScale(0);
  }

  private static List<String> events(JsonNode call) {
    List<String> events = new ArrayList<>();
    for (JsonNode event : call.path("events")) {
      List<String> words = new ArrayList<>();
      event.forEach(word -> words.add(word.asText()));
      events.add(String.join("|", words));
    }
    return events;
  }

  private static List<String> eventsFrom(SimulatedServer server, int index) {
    List<SimTraceEvent> trace = server.trace();
    return trace.subList(index, trace.size()).stream()
        .map(SimulatedServerTraceTest::compact)
        .toList();
  }

  private static String compact(SimTraceEvent event) {
    String head = event.event() + "|" + event.adapter();
    return event.event().equals("load")
        ? head
        : head + "|" + String.join(" ", event.gpu()) + "|" + String.join(" ", event.cpu());
  }

  private static List<JsonNode> recording(String name) throws IOException {
    var stream =
        SimulatedServerTraceTest.class.getResourceAsStream("/vllm-trace/" + name + ".jsonl");
    try (var lines =
        new BufferedReader(
            new InputStreamReader(Objects.requireNonNull(stream), StandardCharsets.UTF_8))) {
      return lines.lines().map(SimClient::json).toList();
    }
  }
}
