package dev.loragateway.scrape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.EndpointLoad.LoadedAdapters;
import dev.loragateway.model.EngineSleep;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VllmMappingTest {
  private static final double NOW = 1.79555869e9;
  private static final String IDLE = "vllm:num_requests_running{engine=\"0\"} 0\n";

  @Test
  void realPage_idleAfterTraffic_mapped() throws IOException {
    try (InputStream in = VllmMappingTest.class.getResourceAsStream("/metrics/vllm-0.32.txt")) {
      byte[] page = in.readAllBytes();
      assertThat(EngineMapping.of(Engine.VLLM).map(page, page.length, NOW))
          .isEqualTo(
              new EndpointLoad(
                  0,
                  0,
                  0.0,
                  2,
                  1,
                  1.79555861573e9,
                  Set.of(),
                  0,
                  Map.of(
                      "lora-0", NOW - 1.7955586858528135e9, "lora-1", NOW - 1.7955586857804797e9),
                  null,
                  EngineSleep.AWAKE,
                  6));
    }
  }

  @Test
  void requests_severalEngines_summedAndCounted() {
    EndpointLoad load =
        map(
            """
            vllm:num_requests_running{engine="0",model_name="base"} 8.0
            vllm:num_requests_running{engine="1",model_name="base"} 3.0
            vllm:num_requests_waiting{engine="0",model_name="base"} 7.0
            vllm:num_requests_waiting{engine="1",model_name="base"} 0.0
            vllm:kv_cache_usage_perc{engine="0",model_name="base"} 0.25
            vllm:kv_cache_usage_perc{engine="1",model_name="base"} 0.75
            """);
    assertThat(load).isEqualTo(new EndpointLoad(11, 7, 0.75, 0, 2, Double.NaN, null, null));
  }

  @ParameterizedTest
  @CsvSource({"1,0,0,AWAKE", "0,1,0,ASLEEP", "0,0,1,SUSPENDED", "0,0,0,SUSPENDED"})
  void sleepState_mapped(int awake, int offloaded, int discarded, EngineSleep expected) {
    String state = "vllm:engine_sleep_state{engine=\"%d\",sleep_state=\"%s\"} %d\n";
    String page = IDLE;
    for (int engine = 0; engine < 2; engine++) {
      page += state.formatted(engine, "awake", awake);
      page += state.formatted(engine, "discard_all", discarded);
      page += state.formatted(engine, "weights_offloaded", offloaded);
    }
    assertThat(map(page).sleep()).isEqualTo(expected);
    assertThat(map(IDLE).sleep()).isEqualTo(EngineSleep.UNKNOWN);
  }

  @Test
  void finished_sumsReasonsAndEngines() {
    EndpointLoad load =
        map(
            IDLE
                + """
                vllm:request_success_total{engine="0",finished_reason="stop"} 3.0
                vllm:request_success_total{engine="0",finished_reason="abort"} 1.0
                vllm:request_success_total{engine="1",finished_reason="stop"} NaN
                vllm:request_success_total{engine="1",finished_reason="length"} 1e3
                """);
    assertThat(load.finished()).isEqualTo(1004);
  }

  @Test
  void requests_byReason_notAddedTwice() {
    EndpointLoad load =
        map(
            """
            vllm:num_requests_waiting{engine="0"} 5
            vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 3
            vllm:num_requests_waiting_by_reason{engine="0",reason="deferred"} 2
            """);
    assertThat(load.waiting()).isEqualTo(5);
    assertThat(load.deferred()).isEqualTo(2);
    assertThat(load.running()).isZero();
  }

  @Test
  void kvCache_formerName_usedOnlyWithoutTheCurrentOne() {
    assertThat(map(IDLE + "vllm:gpu_cache_usage_perc 0.4\n").kvCache()).isEqualTo(0.4);
    assertThat(
            map(IDLE + "vllm:gpu_cache_usage_perc 0.9\nvllm:kv_cache_usage_perc 0.2\n").kvCache())
        .isEqualTo(0.2);
    assertThat(map(IDLE).kvCache()).isNaN();
  }

  @ParameterizedTest
  @CsvSource({"-3,0", "NaN,0", "+Inf,2147483647", "-Inf,0", "1e12,2147483647", "2.0,2"})
  void requests_impossibleValue_broughtIntoRange(String value, int expected) {
    assertThat(map("vllm:num_requests_running " + value).running()).isEqualTo(expected);
    assertThat(map("vllm:num_requests_waiting " + value).waiting()).isEqualTo(expected);
  }

  @Test
  void requests_sumBeyondInt_saturates() {
    String page =
        """
        vllm:num_requests_running{engine="0"} 2e9
        vllm:num_requests_running{engine="1"} 2e9
        """;
    assertThat(map(page).running()).isEqualTo(Integer.MAX_VALUE);
  }

  @ParameterizedTest
  @CsvSource({"-0.1,0.0", "1.5,1.0", "+Inf,1.0", "NaN,NaN", "0.5,0.5"})
  void kvCache_impossibleValue_broughtIntoRange(String value, Double expected) {
    assertThat(map(IDLE + "vllm:kv_cache_usage_perc " + value).kvCache()).isEqualTo(expected);
  }

  @Test
  void activity_olderSeriesRemain_onlyTheNewestCounts() {
    EndpointLoad load =
        map(
            IDLE
                + """
                vllm:lora_requests_info{max_lora="4",running_lora_adapters="",waiting_lora_adapters=""} 1.7395575657589855e+09
                vllm:lora_requests_info{max_lora="2",running_lora_adapters="b,c",waiting_lora_adapters="a"} 1.7395575723949368e+09
                vllm:lora_requests_info{max_lora="4",running_lora_adapters="d",waiting_lora_adapters="e"} 1.7395575717647147e+09
                """);
    assertThat(load.active()).containsExactlyInAnyOrder("a", "b", "c");
    assertThat(load.maxLora()).isEqualTo(2);
  }

  @Test
  void activity_namesInBothLabelsWithBlanks_united() {
    EndpointLoad load = map(IDLE + info("4", " a, b ,,", "b,\\\"c", 1));
    assertThat(load.active()).containsExactlyInAnyOrder("a", "b", "\"c");
  }

  @Test
  void activity_equalTimes_moreNamesWin() {
    String many = info("4", "a,b", "", 9);
    String none = info("4", "", "", 9);
    assertThat(map(IDLE + none + many).active()).containsExactlyInAnyOrder("a", "b");
    assertThat(map(IDLE + many + none).active()).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void activity_familyWithoutSeries_unknown() {
    EndpointLoad load = map(IDLE + "# TYPE vllm:lora_requests_info gauge\n");
    assertThat(load.active()).isNull();
    assertThat(load.maxLora()).isZero();
  }

  @Test
  void activity_idleSeriesNewest_emptyNotNull() {
    assertThat(map(IDLE + info("2", "a", "a", 1) + info("2", "", "", 2)).active()).isEmpty();
  }

  @Test
  void activity_timesSummedOverProcesses_unknownButSlotsKept() {
    EndpointLoad load = map(IDLE + info("2", "a", "", 3.59e9) + info("2", "b", "", 1.7955e9));
    assertThat(load.active()).isNull();
    assertThat(load.maxLora()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "-1", "99999999999"})
  void maxLora_notANumber_notReported(String label) {
    EndpointLoad load = map(IDLE + info(label, "a", "", 1));
    assertThat(load.maxLora()).isZero();
    assertThat(load.active()).containsExactly("a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"vllm:max_gpu_lora_adapters", "vllm:max_loras", "vllm:max_lora"})
  void maxLora_ownMetric_beforeTheLabel(String metric) {
    assertThat(map(IDLE + info("2", "", "", 1) + metric + "{engine=\"0\"} 8\n").maxLora())
        .isEqualTo(8);
  }

  @Test
  void loaded_reported_byLevel() {
    EndpointLoad load =
        map(
            IDLE
                + """
                vllm:num_gpu_loaded_lora_adapters{engine="0"} 1
                vllm:lora_adapter_loaded{engine="0",adapter_name="alice",level="gpu",pinned="false",rank="8"} 1
                vllm:lora_adapter_loaded{engine="0",adapter_name="bob",level="cpu",pinned="false",rank="8"} 1
                vllm:lora_adapter_loaded{engine="0",adapter_name="gone",level="gpu",pinned="false",rank="8"} 0
                """);
    assertThat(load.loaded()).isEqualTo(new LoadedAdapters(Set.of("alice"), Set.of("bob")));
  }

  @Test
  void loaded_bothLevelsReported_both() {
    assertThat(map(IDLE + loaded("0", "a", "gpu") + loaded("0", "a", "cpu")).loaded())
        .isEqualTo(new LoadedAdapters(Set.of("a"), Set.of("a")));
  }

  @Test
  void loaded_severalEngines_leastLevelHolds() {
    EndpointLoad load =
        map(
            IDLE
                + loaded("0", "both", "gpu")
                + loaded("1", "both", "gpu")
                + loaded("0", "mixed", "gpu")
                + loaded("1", "mixed", "cpu")
                + loaded("0", "cold", "cpu")
                + loaded("1", "cold", "cpu")
                + loaded("0", "one", "gpu"));
    assertThat(load.loaded())
        .isEqualTo(new LoadedAdapters(Set.of("both"), Set.of("mixed", "cold")));
  }

  @Test
  void loaded_anotherEngineHoldsNothing_noAdapterCounts() {
    EndpointLoad load =
        map(
            IDLE
                + loaded("0", "a", "gpu")
                + "vllm:num_gpu_loaded_lora_adapters{engine=\"0\"} 1\n"
                + "vllm:num_gpu_loaded_lora_adapters{engine=\"1\"} 0\n");
    assertThat(load.loaded()).isEqualTo(new LoadedAdapters(Set.of(), Set.of()));
  }

  @Test
  void loaded_totalsOnly_emptyWhenZeroElseUnknown() {
    String total = IDLE + "vllm:num_gpu_loaded_lora_adapters{engine=\"0\"} ";
    assertThat(map(total + "0").loaded()).isEqualTo(new LoadedAdapters(Set.of(), Set.of()));
    assertThat(map(total + "2").loaded()).isNull();
    assertThat(map(IDLE).loaded()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "<html>502 Bad Gateway</html>",
        "{\"detail\":\"Not Found\"}",
        "process_start_time_seconds 1\n",
        "sglang:num_running_reqs 3\n",
        "vllm:num_requests_running{engine=\"0\" 1\n"
      })
  void page_withoutRequestGauges_notOfThisEngine(String page) {
    assertThat(map(page)).isNull();
  }

  private static String info(String maxLora, String running, String waiting, double value) {
    return "vllm:lora_requests_info{max_lora=\"%s\",running_lora_adapters=\"%s\",waiting_lora_adapters=\"%s\"} %s\n"
        .formatted(maxLora, running, waiting, value);
  }

  private static String loaded(String engine, String adapter, String level) {
    return "vllm:lora_adapter_loaded{engine=\"%s\",adapter_name=\"%s\",level=\"%s\"} 1\n"
        .formatted(engine, adapter, level);
  }

  private static EndpointLoad map(String text) {
    byte[] page = text.getBytes(UTF_8);
    return EngineMapping.of(Engine.VLLM).map(page, page.length, NOW);
  }
}
