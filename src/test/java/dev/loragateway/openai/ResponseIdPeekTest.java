package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResponseIdPeekTest {

  private static String id(String answer) {
    ResponseIdPeek peek = new ResponseIdPeek();
    peek.add(Unpooled.copiedBuffer(answer, UTF_8));
    return peek.id();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"id\":\"resp_1\",\"object\":\"response\",\"output\":[{\"id\":\"resp_2\"}]}",
        "{ \"id\" :\r\n\t \"resp_1\" }",
        "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,"
            + "\"response\":{\"id\":\"resp_1\",\"status\":\"in_progress\"}}\n\n",
        "{\"output\":[{\"id\":\"msg_9\",\"text\":\"\\\"id\\\":\\\"resp_x\\\"\"}],\"id\":\"resp_1\"}",
        "{\"previous_response_id\":\"resp_0\",\"id\":\"\",\"x\":\"id\",\"id\":\"resp_1\"}",
        "\"\"id\":\"resp_1\"",
        "\"id\"\"id\":\"resp_1\"",
        "\"id\":\"re\"id\":\"resp_1\"",
        "\"id\":\"resp_\"id\":\"resp_1\""
      })
  void id_ofAnAnswer_isFoundUnderAnyChunking(String answer) {
    assertThat(id(answer)).isEqualTo("resp_1");
    for (long seed = 0; seed < 50; seed++) {
      ResponseIdPeek peek = new ResponseIdPeek();
      Chunks.feed(answer.getBytes(UTF_8), seed, peek::add);
      assertThat(peek.id()).isEqualTo("resp_1");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{\"id\":\"resp_1",
        "{\"id\":7}",
        "{\"id\":\"resp_\"}",
        "{\"id\":\"chatcmpl-1\"}",
        "{\"id\":\"resp_a b\"}",
        "{\"id\":\"resp_\\u0041\"}",
        "{\"id\" \"resp_1\"}",
        "{\"id\":\"resp_é\"}"
      })
  void id_notThere_isNull(String answer) {
    assertThat(id(answer)).isNull();
  }

  @Test
  void id_longerThanAnyServers_isNull() {
    String longest = "resp_" + "x".repeat(ResponseIdPeek.MAX_ID - 5);
    assertThat(id("{\"id\":\"" + longest + "\"}")).isEqualTo(longest);
    assertThat(id("{\"id\":\"" + longest + "x\"}")).isNull();
  }

  @Test
  void id_beyondTheBound_isNotLookedFor() {
    String id = "\"id\":\"resp_1\"";
    String filling = " ".repeat(ResponseIdPeek.WITHIN - id.length());
    assertThat(id(filling + id)).isEqualTo("resp_1");
    assertThat(id(filling + " " + id)).isNull();
  }

  @Test
  void id_found_laterOnesAreIgnored() {
    ResponseIdPeek peek = new ResponseIdPeek();
    peek.add(Unpooled.copiedBuffer("{\"id\":\"resp_1\"}", UTF_8));
    peek.add(Unpooled.copiedBuffer("{\"id\":\"resp_2\"}", UTF_8));
    assertThat(peek.id()).isEqualTo("resp_1");
  }
}
