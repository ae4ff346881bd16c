package dev.loragateway.scrape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.model.EndpointLoad;
import org.junit.jupiter.api.Test;

class SglangMappingTest {

  @Test
  void page_oneEngine_mapped() {
    assertThat(
            map(
                """
                sglang:num_running_reqs{model_name="m"} 4.0
                sglang:num_queue_reqs{model_name="m"} 2.0
                sglang:token_usage{model_name="m"} 0.28
                process_start_time_seconds 17.5
                """))
        .isEqualTo(new EndpointLoad(4, 2, 0.28, 0, 1, 17.5, null, null));
  }

  @Test
  void page_severalRanks_dataParallelOnesSummed() {
    EndpointLoad load =
        map(
            """
            sglang:num_running_reqs{dp_rank="0",tp_rank="0"} 4
            sglang:num_running_reqs{dp_rank="0",tp_rank="1"} 4
            sglang:num_running_reqs{dp_rank="1",tp_rank="2"} 3
            sglang:num_queue_reqs{dp_rank="0",tp_rank="0"} 1
            sglang:token_usage{dp_rank="0"} 0.1
            sglang:token_usage{dp_rank="1"} 0.6
            """);
    assertThat(load).isEqualTo(new EndpointLoad(7, 1, 0.6, 0, 2, Double.NaN, null, null));
  }

  @Test
  void page_ofVllm_notOfThisEngine() {
    assertThat(map("vllm:num_requests_running 1\nsglang:token_usage 0.1\n")).isNull();
  }

  private static EndpointLoad map(String text) {
    byte[] page = text.getBytes(UTF_8);
    return EngineMapping.of(Engine.SGLANG).map(page, page.length, 0);
  }
}
