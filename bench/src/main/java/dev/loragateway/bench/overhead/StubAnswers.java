package dev.loragateway.bench.overhead;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;

/** What the stub answers, encoded once, head and body in one piece. Thread-safe. */
final class StubAnswers {
  /** Precedes, within the text of a paced event, when it was due: 19 digits of nanoseconds. */
  static final String DUE = "due ";

  static final int DUE_DIGITS = 19;

  private static final String CHUNK =
      """
      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,\
      "model":"lora-0","choices":[{"index":0,"delta":{"content":"%s"},"logprobs":null,\
      "finish_reason":null}]}

      """;
  private static final String CHAT =
      """
      {"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"lora-0",\
      "choices":[{"index":0,"message":{"role":"assistant","content":"%s"},"logprobs":null,\
      "finish_reason":"stop"}],"usage":{"prompt_tokens":200,"completion_tokens":64,\
      "total_tokens":264}}\
      """;
  private static final String WORDS = "An adapter adds a product of two narrow matrices. ";
  private static final byte[] PACED =
      chunk(CHUNK.formatted(DUE + "0".repeat(DUE_DIGITS))).getBytes(US_ASCII);
  private static final int PACED_DUE =
      new String(PACED, US_ASCII).indexOf(DUE) + DUE.length() + DUE_DIGITS;

  private final ByteBuf models;
  private final ByteBuf metrics;
  private final ByteBuf health = whole("200 OK", "application/json", "{}");
  private final ByteBuf missing = whole("404 Not Found", "application/json", "{}");
  private final ByteBuf chat = whole("200 OK", "application/json", CHAT.formatted(WORDS.repeat(8)));
  private final ByteBuf head =
      lasting(
          "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
              + "transfer-encoding: chunked\r\n\r\n");
  private final ByteBuf end = lasting(chunk("data: [DONE]\n\n") + "0\r\n\r\n");
  private final List<ByteBuf> events = new ArrayList<>();

  StubAnswers(String models, String metrics) {
    this.models = whole("200 OK", "application/json", models);
    this.metrics = whole("200 OK", "text/plain; version=0.0.4; charset=utf-8", metrics);
    for (int i = 0; i < Case.EVENTS; i++) {
      events.add(lasting(chunk(CHUNK.formatted("token " + i))));
    }
  }

  private static String chunk(String data) {
    return Integer.toHexString(data.length()) + "\r\n" + data + "\r\n";
  }

  private static ByteBuf whole(String status, String type, String body) {
    return lasting(
        "HTTP/1.1 %s\r\ncontent-type: %s\r\ncontent-length: %d\r\n\r\n%s"
            .formatted(status, type, body.length(), body));
  }

  private static ByteBuf lasting(String text) {
    byte[] bytes = text.getBytes(US_ASCII);
    return Unpooled.unreleasableBuffer(Unpooled.directBuffer(bytes.length).writeBytes(bytes));
  }

  /** The answer to a GET. */
  ByteBuf get(String path) {
    return switch (path) {
      case "/v1/models" -> models.duplicate();
      case "/metrics" -> metrics.duplicate();
      case "/health", "/" -> health.duplicate();
      default -> missing.duplicate();
    };
  }

  ByteBuf chat() {
    return chat.duplicate();
  }

  /** The head of a stream. */
  ByteBuf head() {
    return head.duplicate();
  }

  /** One of a stream's events. */
  ByteBuf event(int number) {
    return events.get(number).duplicate();
  }

  /** The end of a stream. */
  ByteBuf end() {
    return end.duplicate();
  }

  /** An event that tells when it was due. */
  static ByteBuf paced(ByteBufAllocator allocator, long due) {
    ByteBuf event = allocator.directBuffer(PACED.length).writeBytes(PACED);
    long rest = due;
    for (int i = 1; i <= DUE_DIGITS; i++) {
      event.setByte(PACED_DUE - i, '0' + (int) (rest % 10));
      rest /= 10;
    }
    return event;
  }
}
