package dev.loragateway.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SimMetricsTest {
  private static final String INFO = "vllm:lora_requests_info{";
  private static final String DEFERRED =
      "vllm:num_requests_waiting_by_reason{engine=\"0\",model_name=\"base\",reason=\"deferred\"";
  private static final int FOREVER = 30_000;

  private final StepGate gate = new StepGate();
  private final SimulatedServer server =
      SimulatedServer.start(
          SimSettings.of("base", "a", "b", "c")
              .withSlots(2, 3)
              .withTokenTime(StepGate.STEP)
              .withPrefillPerToken(Duration.ZERO)
              .withReportsLoaded(true),
          gate);
  private final SimClient client = new SimClient(server);

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  @Test
  void loraInfo_noRequestYet_hasNoSeries() {
    assertThat(client.get("/metrics").body())
        .contains("# HELP vllm:lora_requests_info ", "# TYPE vllm:lora_requests_info gauge");
    assertThat(client.metrics(INFO)).isEmpty();
  }

  @Test
  void loraInfo_activityChanges_newestSeriesIsCurrentAndOldOnesStay() {
    client.begin("b", FOREVER);
    stepUntilNewest("b");
    CompletableFuture<HttpResponse<String>> leaving = client.chatAsync("a", FOREVER);
    stepUntilNewest("b,a");
    // c is deferred: its request has produced nothing, so its name is nowhere.
    client.begin("c", 1);
    stepUntil(() -> client.metrics(DEFERRED).getFirst().endsWith(" 1.0"));
    stepUntilNewest("b,a");
    leaving.cancel(true);
    stepUntilNewest("b");
    assertThat(client.metrics(INFO)).hasSize(2);
    assertThat(client.metrics(INFO).getFirst())
        .startsWith(
            INFO + "max_lora=\"2\",running_lora_adapters=\"b\",waiting_lora_adapters=\"b\"} 1.")
        .contains("e+09");
  }

  @Test
  void loraInfo_idleAgain_newestSeriesNamesNobody() {
    client.begin("a", 2);
    stepUntilNewest("a");
    stepUntilNewest("");
  }

  @Test
  void gauges_oneRunning_areThoseOfTheLastStep() {
    client.begin("a", FOREVER);
    stepUntilNewest("a");
    assertThat(client.metrics("vllm:num_requests_running"))
        .containsExactly("vllm:num_requests_running{engine=\"0\",model_name=\"base\"} 1.0");
    assertThat(client.metrics("vllm:kv_cache_usage_perc").getFirst())
        .startsWith("vllm:kv_cache_usage_perc{engine=\"0\",model_name=\"base\"} 0.0000");
    assertThat(client.metrics("vllm:cache_config_info").getFirst())
        .contains("engine=\"0\",num_gpu_blocks=\"32768\"} 1.0");
  }

  @Test
  void loaded_reported_isTheTruthAboutTheSlots() {
    assertThat(client.metrics("vllm:lora_adapter_loaded{"))
        .containsExactly(
            "vllm:lora_adapter_loaded{adapter_name=\"b\",engine=\"0\",level=\"gpu\",pinned=\"false\"}"
                + " 1.0",
            "vllm:lora_adapter_loaded{adapter_name=\"c\",engine=\"0\",level=\"gpu\",pinned=\"false\"}"
                + " 1.0",
            "vllm:lora_adapter_loaded{adapter_name=\"a\",engine=\"0\",level=\"cpu\",pinned=\"false\"}"
                + " 1.0");
    assertThat(client.metrics("vllm:num_cpu_loaded_lora_adapters").getFirst()).endsWith(" 3.0");
    assertThat(client.metrics("vllm:lora_adapter_load_seconds_count").getFirst()).endsWith(" 3.0");
  }

  @Test
  void page_everyLine_isACommentOrASample() {
    client.begin("a", 2);
    stepUntilNewest("a");
    assertThat(client.get("/metrics").body().lines())
        .allMatch(
            line ->
                line.matches("# (HELP|TYPE) [a-z_:0-9]+ .+")
                    || line.matches("[a-z_:0-9]+(\\{[^{}]*\\})? [0-9.e+]+"));
  }

  @ParameterizedTest
  @CsvSource({
    "15429, 15429.0",
    "4616323072, 4.616323072e+09",
    "1795558615.73, 1.79555861573e+09",
    "1795558685.8528135, 1.7955586858528135e+09",
    "1000000, 1e+06",
    "0.0005, 0.0005",
    "0, 0.0"
  })
  void number_value_isPrintedAsThePythonClientDoes(double value, String text) {
    assertThat(PromPage.number(value)).isEqualTo(text);
  }

  private void stepUntilNewest(String names) {
    stepUntil(
        () ->
            newest()
                .contains(
                    "running_lora_adapters=\"%s\",waiting_lora_adapters=\"%s\""
                        .formatted(names, names)));
  }

  /** Lets the engine take one step after the other until the page shows what is expected. */
  private void stepUntil(BooleanSupplier expected) {
    await()
        .until(
            () -> {
              if (expected.getAsBoolean()) {
                return true;
              }
              gate.allow(1);
              return false;
            });
  }

  private String newest() {
    List<String> series = client.metrics(INFO);
    return series.stream()
        .max(
            Comparator.comparingDouble(
                line -> Double.parseDouble(line.substring(line.indexOf("} ") + 2))))
        .orElse("none");
  }
}
