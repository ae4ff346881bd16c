package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.openai.SseUsage.Usage;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SseUsageTest {
  static final String MESSAGE_START =
      """
      event: message_start
      data: {"type":"message_start","message":{"id":"m","usage":{"input_tokens":25,"output_tokens":1}}}

      """;
  static final String MESSAGE_DELTA =
      """
      event: message_delta
      data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":15}}

      event: message_stop
      data: {"type":"message_stop"}

      """;

  static Usage usage(String... pieces) {
    SseUsage usage = new SseUsage();
    for (int i = 0; i < pieces.length - 1; i++) {
      usage.add(Unpooled.copiedBuffer(pieces[i], UTF_8));
    }
    return usage.usage(Unpooled.copiedBuffer(pieces[pieces.length - 1], UTF_8));
  }

  @Test
  void usage_plainAnswer_isRead() {
    String answer =
        """
        {"choices":[{"message":{"content":"\\"usage\\":{\\"prompt_tokens\\":9}"}}],
         "usage": {"prompt_tokens":3,"total_tokens":10,"completion_tokens":7,
          "prompt_tokens_details":{"cached_tokens":1,"prompt_tokens":8}},"prompt_logprobs":null}
        """;
    assertThat(usage(answer)).isEqualTo(new Usage(3, 7));
  }

  @Test
  void usage_streamWithNullsBefore_lastOneCounts() {
    String chunk = "data: {\"choices\":[{}],\"usage\":null}\n\n";
    String early = "data: {\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\n";
    String last =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":7}}\n\n";
    assertThat(usage(chunk, early, last, "data: [DONE]\n\n")).isEqualTo(new Usage(3, 7));
    assertThat(usage(early, chunk, "data: [DONE]\n\n")).isEqualTo(new Usage(3, 1));
    assertThat(usage(chunk, "data: [DONE]\n\n")).isNull();
  }

  @Test
  void usage_responsesAndAnthropicNames_areRead() {
    assertThat(usage("{\"usage\":{\"input_tokens\":2,\"output_tokens\":4}}"))
        .isEqualTo(new Usage(2, 4));
  }

  @Test
  void usage_embeddings_haveNoOutput() {
    assertThat(usage("{\"data\":[],\"usage\":{\"prompt_tokens\":5,\"total_tokens\":5}}"))
        .isEqualTo(new Usage(5, 0));
  }

  @Test
  void usage_anthropicStream_takesInputFromItsStart() {
    String ping = "event: ping\ndata: {\"type\": \"ping\"}\n\n";
    assertThat(usage(MESSAGE_START, MESSAGE_DELTA)).isEqualTo(new Usage(25, 15));
    assertThat(usage(MESSAGE_START + ping.repeat(1000) + MESSAGE_DELTA))
        .isEqualTo(new Usage(25, 15));
    assertThat(usage(MESSAGE_START, ping.repeat(90), ping.repeat(400), MESSAGE_DELTA))
        .isEqualTo(new Usage(25, 15));
    assertThat(usage(ping, MESSAGE_DELTA)).isEqualTo(new Usage(-1, 15));
  }

  @Test
  void usage_cutOff_earlierOneCounts() {
    String whole = "{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}";
    assertThat(usage(whole, "{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":"))
        .isEqualTo(new Usage(1, 2));
  }

  @Test
  void usage_beforeTheTail_isForgotten() {
    String usage = "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}";
    assertThat(usage(usage + " ".repeat(SseUsage.TAIL - usage.length())))
        .isEqualTo(new Usage(1, 2));
    assertThat(usage(usage + " ".repeat(SseUsage.TAIL - usage.length() + 1))).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\"usage\"",
        "\"usage\":",
        "\"usage\":{",
        "\"usage\":{}",
        "\"usage\":[]",
        "\"usage\" {}",
        "\"usage\":{\"prompt_tokens\":\"x\"}",
        "\"usage\":{\"prompt_tokens\":1.5}",
        "\"usage\":{\"prompt_tokens\":99999999999999999999}",
        "\"usage\":{\"prompt_tokens\":NaN}",
        "\"usage\":{\"prompt_tokens\":{\"a\":1}}",
        "\"usage\":{\u0000}",
        "\"xusage\":{\"prompt_tokens\":1}"
      })
  void usage_noTokensTold_isNull(String answer) {
    assertThat(usage(answer)).isNull();
  }
}
