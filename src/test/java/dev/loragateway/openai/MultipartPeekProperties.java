package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.openai.PeekResult.Found;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class MultipartPeekProperties {
  private static final String FORM =
      """
      --b
      Content-Disposition: form-data; name="file"; filename="f"

      RIFF
      --b
      Content-Disposition: form-data; name="model"

      m
      --b--
      """
          .replace("\n", "\r\n");

  @Property
  void peek_anyBytes_neverThrows(@ForAll String type, @ForAll byte[] body) {
    assertThat(MultipartPeek.peek(type, Unpooled.wrappedBuffer(body))).isNotNull();
    assertThat(MultipartPeek.peek("multipart/form-data; boundary=" + type, Unpooled.EMPTY_BUFFER))
        .isNotNull();
  }

  @Property
  void peek_damagedForm_neverThrows(
      @ForAll @IntRange(max = 160) int at,
      @ForAll byte with,
      @ForAll @IntRange(max = 160) int end) {
    byte[] bytes = FORM.getBytes(UTF_8);
    bytes[at % bytes.length] = with;
    ByteBuf body = Unpooled.wrappedBuffer(Arrays.copyOf(bytes, Math.max(end, 1)));
    assertThat(MultipartPeek.peek("multipart/form-data; boundary=b", body)).isNotNull();
  }

  @Property
  void peek_anyFileContent_modelIsFound(@ForAll byte[] content) {
    byte[] head = FORM.substring(0, FORM.indexOf("RIFF")).getBytes(UTF_8);
    byte[] tail = FORM.substring(FORM.indexOf("RIFF") + 4).getBytes(UTF_8);
    ByteBuf body = Unpooled.wrappedBuffer(head, content, tail);
    assertThat(MultipartPeek.peek("multipart/form-data; boundary=b", body))
        .isInstanceOfSatisfying(
            Found.class,
            found -> {
              int at = (int) found.facts().modelOffset();
              assertThat(found.facts().model()).isEqualTo("m");
              assertThat(body.toString(at, found.facts().modelLength(), UTF_8)).isEqualTo("m");
            });
  }
}
