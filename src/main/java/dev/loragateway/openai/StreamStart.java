package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/**
 * What the first event of a stream says. Model servers commit the status 200 before their engine
 * has looked at the request, and tell of a failure in an event then. Stateless.
 */
public enum StreamStart {
  /** No event is complete so far. */
  OPEN,
  /** The answer begins; or the request was at fault, which it would be elsewhere too. */
  ANSWER,
  /** The server failed before it began to answer. */
  FAILED;

  private static final ObjectMapper MAPPER = new ObjectMapper(Json.FACTORY);

  private static final ByteBuf ERROR = ascii("error");
  private static final ByteBuf RESPONSE_FAILED = ascii("response.failed");
  private static final ByteBuf COLON = ascii(":");
  private static final ByteBuf EVENT = ascii("event:");
  private static final ByteBuf DATA = ascii("data:");

  private static ByteBuf ascii(String text) {
    return Unpooled.unreleasableBuffer(Unpooled.copiedBuffer(text, US_ASCII)).asReadOnly();
  }

  /**
   * Looks at a stream from its first byte on; comments and fields that are neither name nor data do
   * not count (the syntax is that of the HTML standard, section 9.2).
   */
  public static StreamStart of(ByteBuf bytes) {
    ByteArrayOutputStream data = new ByteArrayOutputStream(0);
    boolean any = false;
    boolean suspect = false;
    int at = bytes.readerIndex();
    for (int end = lineEnd(bytes, at); end >= 0; end = lineEnd(bytes, at)) {
      ByteBuf line = bytes.slice(at, end - at);
      if (!line.isReadable() && any) {
        return suspect ? judge(data.toByteArray()) : ANSWER;
      }
      if (line.isReadable() && !startsWith(line, COLON)) {
        any |= startsWith(line, DATA) || startsWith(line, EVENT);
        suspect |= ByteBufUtil.indexOf(ERROR, line) >= 0;
        suspect |= ByteBufUtil.indexOf(RESPONSE_FAILED, line) >= 0;
        if (startsWith(line, DATA)) {
          data.writeBytes(
              ByteBufUtil.getBytes(
                  line, DATA.readableBytes(), line.readableBytes() - DATA.readableBytes()));
          data.write('\n');
        }
      }
      at = next(bytes, end);
    }
    return OPEN;
  }

  /** The end of the line, which a CR, an LF or both end; -1 when it is not there yet. */
  private static int lineEnd(ByteBuf bytes, int from) {
    int length = bytes.writerIndex() - from;
    return bytes.forEachByte(from, length, octet -> octet != '\n' && octet != '\r');
  }

  private static int next(ByteBuf bytes, int end) {
    boolean crlf =
        bytes.getByte(end) == '\r'
            && end + 1 < bytes.writerIndex()
            && bytes.getByte(end + 1) == '\n';
    return end + (crlf ? 2 : 1);
  }

  private static boolean startsWith(ByteBuf line, ByteBuf beginning) {
    return line.readableBytes() >= beginning.readableBytes()
        && ByteBufUtil.equals(line, line.readerIndex(), beginning, 0, beginning.readableBytes());
  }

  private static StreamStart judge(byte[] data) {
    JsonNode root;
    try {
      root = MAPPER.readTree(data);
    } catch (IOException e) {
      return ANSWER;
    }
    JsonNode response = root.path("response");
    boolean failed = "response.failed".equals(root.path("type").textValue());
    JsonNode error = failed ? response.path("error") : root.path("error");
    boolean tells = failed || "error".equals(root.path("type").textValue());
    if (!tells && (error.isMissingNode() || error.isNull())) {
      return ANSWER;
    }
    return ofRequest(error.isObject() ? error : root) ? ANSWER : FAILED;
  }

  /** vLLM gives the status as {@code code}; OpenAI and Anthropic say it by the type alone. */
  private static boolean ofRequest(JsonNode error) {
    JsonNode code = error.path("code");
    if (code.isInt()) {
      int status = code.intValue();
      return status >= 400 && status < 500 && status != 408 && status != 429;
    }
    String type = error.path("type").asText();
    return type.equals("invalid_request_error") || type.equals("BadRequestError");
  }
}
