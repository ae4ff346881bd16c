package dev.loragateway.bench.overhead;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpRequestDecoder;
import org.junit.jupiter.api.Test;

class StubHandlerTest {
  @Test
  void request_withoutStream_oneWholeAnswer() {
    assertThat(answer("{\"model\":\"lora-0\",\"stream\":false}"))
        .contains("\"chat.completion\"")
        .doesNotContain("data: ");
  }

  @Test
  void request_streamAnywhere_everyEventAndTheEnd() {
    String answer = answer("{\"model\":\"lora-0\",\"messages\":[],\"stream\": true}");

    assertThat(answer.split("data: \\{")).hasSize(1 + Case.EVENTS);
    assertThat(answer).endsWith("data: [DONE]\n\n\r\n0\r\n\r\n");
  }

  @Test
  void paced_due_nineteenDigits() {
    ByteBuf event = StubAnswers.paced(io.netty.buffer.UnpooledByteBufAllocator.DEFAULT, 1234567);

    assertThat(event.toString(US_ASCII)).contains("\"due 0000000000001234567\"");
    event.release();
  }

  private static String answer(String body) {
    EmbeddedChannel channel =
        new EmbeddedChannel(new HttpRequestDecoder(), new StubHandler(new StubAnswers("{}", "")));
    String request =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(body.length(), body);
    channel.writeInbound(Unpooled.copiedBuffer(request, US_ASCII));
    StringBuilder answer = new StringBuilder();
    for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
      answer.append(part.toString(US_ASCII));
    }
    return answer.toString();
  }
}
