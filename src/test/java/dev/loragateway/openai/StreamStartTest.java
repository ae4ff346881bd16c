package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamStartTest {
  private static final String CHUNK = "{\"id\":\"c\",\"choices\":[]}";

  private static StreamStart of(String stream) {
    return StreamStart.of(Unpooled.copiedBuffer(stream, UTF_8));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "data",
        "data: " + CHUNK,
        "data: " + CHUNK + "\n",
        ": ping\n\n",
        "\n\n\n: ping\n\nid: 1\n\nretry: 3\n\n",
        "event: error\n",
        "event: error\ndata: {\"error\":{}}\r\n"
      })
  void stream_withoutAWholeEvent_isOpen(String stream) {
    assertThat(of(stream)).isEqualTo(StreamStart.OPEN);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "data: " + CHUNK + "\n\n",
        "data: " + CHUNK + "\r\n\r\n",
        "data: " + CHUNK + "\r\r",
        ": ping\n\ndata:" + CHUNK + "\n\ndata: {\"error\":{\"code\":500}}\n\n",
        "data: [DONE]\n\n",
        "data: error\n\n",
        "data: {\"error\":null,\"id\":\"c\"}\n\n",
        "data: {\"choices\":[{\"text\":\"an \\\"error\\\"\"}]}\n\n",
        "data: {\"choices\":[{\"error\":{\"code\":500}}]}\n\n",
        """
        event: response.created
        data: {"type":"response.created","response":{"error":null}}

        """,
        "data: {\"error\":{\"message\":\"too"
            + " long\",\"type\":\"BadRequestError\",\"code\":400}}\n\n",
        "data: {\"error\":{\"type\":\"invalid_request_error\"}}\n\n"
      })
  void stream_thatAnswersOrBlamesTheRequest_isAnAnswer(String stream) {
    assertThat(of(stream)).isEqualTo(StreamStart.ANSWER);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "data:"
            + " {\"error\":{\"message\":\"dead\",\"type\":\"InternalServerError\",\"code\":500}}\n\n",
        "data: {\"error\":{\"code\":429}}\n\n",
        "data: {\"error\":\"dead\"}\n\n",
        ": ping\n\ndata: {\"error\":\ndata: {\"code\":503}}\n\n",
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n",
        "data: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"dead\"}\r\n\r\n",
        "data:"
            + " {\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"server_error\"}}}\n\n"
      })
  void stream_thatBeginsWithTheServersFault_hasFailed(String stream) {
    assertThat(of(stream)).isEqualTo(StreamStart.FAILED);
  }

  @Property
  void anyBytes_areJudged_andNotConsumed(@ForAll byte[] bytes) {
    ByteBuf stream = Unpooled.wrappedBuffer(bytes);

    assertThat(StreamStart.of(stream)).isNotNull();

    assertThat(stream.readableBytes()).isEqualTo(bytes.length);
  }
}
