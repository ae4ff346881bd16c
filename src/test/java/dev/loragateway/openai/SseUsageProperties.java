package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.loragateway.openai.SseUsage.Usage;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class SseUsageProperties {

  @Provide
  Arbitrary<List<String>> pieces() {
    return Arbitraries.of(
            SseUsageTest.MESSAGE_START,
            SseUsageTest.MESSAGE_DELTA,
            "data: {\"usage\":null}\n\n",
            "data: {\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":7}}\n\n",
            "data: {\"usage\":{\"prompt_tokens\":4,\"completion",
            "data: {\"x\":\"" + "y".repeat(700) + "\"}\n\n",
            "z".repeat(4096),
            "é\u0000\n")
        .list()
        .ofMaxSize(12);
  }

  @Property
  void usage_anyChunking_sameResult(@ForAll("pieces") List<String> pieces, @ForAll long seed) {
    byte[] answer = String.join("", pieces).getBytes(UTF_8);
    Usage whole = new SseUsage().usage(Unpooled.wrappedBuffer(answer));
    SseUsage cut = new SseUsage();
    Chunks.feed(answer, seed, cut::add);
    assertThat(cut.usage(Unpooled.EMPTY_BUFFER)).isEqualTo(whole);
    SseUsage halved = new SseUsage();
    int middle = answer.length / 2;
    halved.add(Unpooled.wrappedBuffer(answer, 0, middle));
    assertThat(halved.usage(Unpooled.wrappedBuffer(answer, middle, answer.length - middle)))
        .isEqualTo(whole);
  }

  @Property
  void usage_anyBytes_neverThrows(@ForAll byte[] bytes) {
    SseUsage usage = new SseUsage();
    usage.add(Unpooled.copiedBuffer("\"usage\":{", UTF_8));
    assertThat(usage.usage(Unpooled.wrappedBuffer(bytes))).isNull();
  }

  @Provide
  Arbitrary<Map<String, Object>> objects() {
    Arbitrary<String> names =
        Arbitraries.of(
            "prompt_tokens", "input_tokens", "completion_tokens", "output_tokens", "a\"}{\\", "é");
    Arbitrary<Object> plain =
        Arbitraries.oneOf(
            Arbitraries.of(0, 7, 12_345_678_901L, 1.5, true, "}", "\"prompt_tokens\":1", "\\"),
            Arbitraries.of(List.of(1, "]"), Map.of("prompt_tokens", 9, "x", List.of("{"))));
    return Arbitraries.maps(names, plain).ofMaxSize(5);
  }

  @Property
  void usage_anyObject_readAsAParserReadsIt(
      @ForAll("objects") Map<String, Object> members, @ForAll boolean spaced)
      throws JsonProcessingException {
    JsonMapper json = JsonMapper.builder().build();
    JsonNode object = json.valueToTree(members);
    long input = tokens(object, "prompt_tokens", "input_tokens");
    long output = tokens(object, "completion_tokens", "output_tokens");
    String text = spaced ? object.toPrettyString() : json.writeValueAsString(object);
    assertThat(new SseUsage().usage(Unpooled.copiedBuffer("{\"usage\" : " + text + "}", UTF_8)))
        .isEqualTo(input < 0 && output < 0 ? null : new Usage(input, Math.max(output, 0)));
  }

  /** The last of the members that is a number, in their order. */
  private static long tokens(JsonNode object, String... names) {
    long tokens = -1;
    for (Map.Entry<String, JsonNode> member : object.properties()) {
      if (List.of(names).contains(member.getKey()) && member.getValue().isIntegralNumber()) {
        tokens = member.getValue().longValue();
      }
    }
    return tokens;
  }
}
