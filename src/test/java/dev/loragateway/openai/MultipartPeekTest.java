package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.model.GatewayError;
import dev.loragateway.openai.PeekResult.Found;
import dev.loragateway.openai.PeekResult.Refused;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.multipart.DefaultHttpDataFactory;
import io.netty.handler.codec.http.multipart.HttpPostRequestEncoder;
import io.netty.handler.codec.http.multipart.MemoryFileUpload;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MultipartPeekTest {
  private static final String TYPE = "multipart/form-data; boundary=XX";

  private static String field(String name, String value) {
    return part("Content-Disposition: form-data; name=\"" + name + "\"", value);
  }

  private static String part(String headers, String content) {
    return "--XX\r\n" + headers + "\r\n\r\n" + content + "\r\n";
  }

  private static PeekResult peek(String type, String body) {
    byte[] bytes = body.getBytes(UTF_8);
    PeekResult result = null;
    for (int kind = 0; kind < 3; kind++) {
      ByteBuf buffer = Chunks.buffer(bytes, 0, bytes.length, kind);
      PeekResult again = MultipartPeek.peek(type, buffer);
      assertThat(buffer.readableBytes()).isEqualTo(bytes.length);
      assertThat(buffer.refCnt()).isEqualTo(1);
      buffer.release();
      assertThat(result == null ? again : result).isEqualTo(again);
      result = again;
    }
    return result;
  }

  private static RequestFacts facts(String body) {
    PeekResult result = peek(TYPE, body);
    assertThat(result).isInstanceOf(Found.class);
    return ((Found) result).facts();
  }

  private static GatewayError error(String type, String body) {
    PeekResult result = peek(type, body);
    assertThat(result).isInstanceOf(Refused.class);
    return ((Refused) result).error();
  }

  private static GatewayError error(String body) {
    return error(TYPE, body);
  }

  private static RequestFacts form(String model, boolean stream, String user, int offset) {
    return new RequestFacts(
        model, stream, user, null, -1, 0, offset, model.getBytes(UTF_8).length, true);
  }

  @Test
  void peek_audioForm_findsTheFields() {
    String file =
        part(
            "Content-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\".wav\"\r\n"
                + "Content-Type: audio/wav",
            "RIFF\r\n--X\r\n\r\r\n--\u0000");
    String body = file + field("model", "acme/w") + field("stream", "true") + field("user", "u");
    assertThat(facts(body + "--XX--\r\n"))
        .isEqualTo(form("acme/w", true, "u", body.indexOf("acme/w")));
  }

  @Test
  void peek_withoutFinalLineBreak_isFound() {
    assertThat(facts(field("model", "é") + "--XX--").model()).isEqualTo("é");
  }

  @Test
  void peek_quotedBoundaryAndTokenName_areFound() {
    String body = "--a b\r\ncontent-disposition:form-data;name=model\r\n\r\nm\r\n--a b--\r\n";
    assertThat(peek("Multipart/Form-Data; Boundary=\"a b\"; charset=UTF-8", body))
        .isEqualTo(new Found(form("m", false, null, body.indexOf("\r\nm\r\n") + 2)));
  }

  @Test
  void peek_encodedByNetty_isFound() throws Exception {
    HttpRequest request =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1, HttpMethod.POST, "/v1/audio/transcriptions");
    var factory = new DefaultHttpDataFactory(false);
    var encoder = new HttpPostRequestEncoder(factory, request, true);
    var upload = new MemoryFileUpload("file", "x.wav", "audio/wav", "binary", UTF_8, 6);
    upload.setContent(Unpooled.copiedBuffer("\r\n--\r\n", UTF_8));
    encoder.addBodyHttpData(upload);
    encoder.addBodyAttribute("model", "acme/w");
    String type = encoder.finalizeRequest().headers().get("content-type");
    ByteBuf body = Unpooled.buffer();
    while (!encoder.isEndOfInput()) {
      HttpContent content = encoder.readChunk(UnpooledByteBufAllocator.DEFAULT);
      body.writeBytes(content.content());
      content.release();
    }
    assertThat(MultipartPeek.peek(type, body))
        .isEqualTo(new Found(form("acme/w", false, null, body.toString(UTF_8).indexOf("acme/w"))));
    encoder.cleanFiles();
    body.release();
  }

  @ParameterizedTest
  @CsvSource({
    "true, true",
    "True, true",
    "1, true",
    "on, true",
    "false, false",
    "'', false",
    "2, false"
  })
  void peek_stream_isReadAsTheServersDo(String value, boolean stream) {
    assertThat(facts(field("model", "m") + field("stream", value) + "--XX--").stream())
        .isEqualTo(stream);
  }

  @Test
  void peek_badModel_isRefused() {
    String model = field("model", "m");
    assertThat(error(model + model + "--XX--")).isEqualTo(GatewayError.INVALID_MODEL);
    assertThat(error(field("models", "m") + "--XX--")).isEqualTo(GatewayError.MISSING_MODEL);
    assertThat(error(field("model", "") + "--XX--")).isEqualTo(GatewayError.MISSING_MODEL);
    assertThat(error(field("model", "a\tb") + "--XX--")).isEqualTo(GatewayError.INVALID_MODEL);
    assertThat(error(field("model", "x".repeat(1025)) + "--XX--"))
        .isEqualTo(GatewayError.INVALID_MODEL);
    assertThat(facts(field("model", "x".repeat(1024)) + "--XX--").model()).hasSize(1024);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "form-data; name=\"model\"; filename=\"m\"",
        "form-data; name=\"model\"; filename*=UTF-8''m",
        "form-data; name=\"model\"\r\nContent-Type: text/plain; charset=utf-16",
        "form-data; name=\"model\"\r\nContent-Transfer-Encoding: base64",
      })
  void peek_modelThatServersMayReadOtherwise_isRefused(String disposition) {
    String body = part("Content-Disposition: " + disposition, "m") + "--XX--";
    assertThat(error(body)).isEqualTo(GatewayError.INVALID_MODEL);
  }

  @Test
  void peek_modelNotUtf8_isRefused() {
    byte[] bytes = (field("model", "\u00ff") + "--XX--").getBytes(ISO_8859_1);
    PeekResult result = MultipartPeek.peek(TYPE, Unpooled.wrappedBuffer(bytes));
    assertThat(((Refused) result).error()).isEqualTo(GatewayError.INVALID_MODEL);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/mixed; boundary=XX",
        "multipart/form-data; boundary=XX; boundary=YY",
        "multipart/form-data; boundary=\"XX",
        "multipart/form-data; boundary=XX; charset=utf-16",
        "multipart/form-data boundary=XX",
        "multipart/form-data; boundary*=utf-8''XX",
        "multipart/form-data; boundary=\"X X \"",
        "multipart/form-data; boundary=XX junk",
        "application/json"
      })
  void peek_badContentType_isRefused(String type) {
    assertThat(error(type, field("model", "m") + "--XX--\r\n"))
        .isEqualTo(GatewayError.INVALID_MULTIPART);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "--",
        "--XX",
        "--XX--",
        "--XX\r\n",
        "--YY\r\n",
        "\r\n{m}--XX--",
        "preamble\r\n{m}--XX--",
        "{m}",
        "{m}--XX",
        "{m}--XX-",
        "{m}--XX--x",
        "{m}--XX--\r\n{m}--XX--",
        "{m}--XX \r\n",
        "{m}--XXX--",
        "--XX\r\n\r\nm\r\n--XX--",
        "--XX\r\nContent-Type: a\r\n\r\nm\r\n--XX--",
        "--XX\r\nContent-Disposition: form-data\r\n\r\nm\r\n--XX--",
        "--XX\r\nContent-Disposition: attachment; name=\"model\"\r\n\r\nm\r\n--XX--",
        "--XX\r\nContent-Disposition: form-data; name*=utf-8''model\r\n\r\nm\r\n--XX--",
        "--XX\r\nContent-Disposition: form-data; name*0=mo; name*1=del\r\n\r\nm\r\n--XX--",
        "--XX\r\nContent-Disposition: form-data; name=a; name=model\r\n\r\nm\r\n--XX--",
        "--XX\r\nContent-Disposition: form-data; name=\"m\\odel\"\r\n\r\nm\r\n--XX--",
        "--XX\r\nContent-Disposition: form-data; name=\"model\r\n\r\nm\r\n--XX--",
        "--XX\r\nContent-Disposition: form-data;\r\n name=model\r\n\r\nm\r\n--XX--",
        "--XX\r\nContent-Disposition : form-data; name=model\r\n\r\nm\r\n--XX--",
        "--XX\nContent-Disposition: form-data; name=model\n\nm\n--XX--",
        "--XX\r\nContent-Disposition: form-data; name=a\r\n"
            + "Content-Disposition: form-data; name=model\r\n\r\nm\r\n--XX--",
        "--XX\r\nX: a\nContent-Disposition: form-data; name=model\r\n\r\nm\r\n--XX--"
      })
  void peek_malformedBody_isRefused(String body) {
    assertThat(error(body.replace("{m}", field("model", "m"))))
        .isEqualTo(GatewayError.INVALID_MULTIPART);
  }

  @Test
  void peek_notTerminated_namesThePlace() {
    String body = field("model", "m");
    PeekResult result = peek(TYPE, body);
    assertThat(((Refused) result).message())
        .isEqualTo(
            "Invalid multipart body at byte %d: the body ends (expected: the boundary after the"
                    .formatted(body.length())
                + " last part)");
  }

  @Test
  void peek_parts_areBoundedInNumber() {
    String most = field("model", "m") + field("x", "y").repeat(127);
    assertThat(facts(most + "--XX--").model()).isEqualTo("m");
    assertThat(error(most + field("x", "y") + "--XX--")).isEqualTo(GatewayError.INVALID_MULTIPART);
  }

  @Test
  void peek_partHeaders_areBoundedInSize() {
    String headers = "Content-Disposition: form-data; name=model\r\nX: " + "x".repeat(8192);
    assertThat(error(part(headers, "m") + "--XX--")).isEqualTo(GatewayError.INVALID_MULTIPART);
  }

  @Test
  void peek_longQuotedParameter_isReadWithoutDeepRecursion() {
    String name = "\\\"".repeat(4000);
    String headers = "Content-Disposition: form-data; name=file; filename=\"" + name + "\"";
    assertThat(facts(part(headers, "RIFF") + field("model", "m") + "--XX--").model())
        .isEqualTo("m");
  }
}
