package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.util.List;
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
    SseUsage whole = new SseUsage();
    whole.add(Unpooled.wrappedBuffer(answer));
    SseUsage cut = new SseUsage();
    Chunks.feed(answer, seed, cut::add);
    assertThat(cut.usage()).isEqualTo(whole.usage());
  }

  @Property
  void usage_anyBytes_neverThrows(@ForAll byte[] bytes) {
    SseUsage usage = new SseUsage();
    usage.add(Unpooled.copiedBuffer("\"usage\":{", UTF_8));
    usage.add(Unpooled.wrappedBuffer(bytes));
    assertThat(usage.usage()).isNull();
  }
}
