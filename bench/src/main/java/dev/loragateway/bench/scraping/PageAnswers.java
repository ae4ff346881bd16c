package dev.loragateway.bench.scraping;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;

/**
 * What the stand-ins answer, encoded once; {@code /metrics} another page each time. Confined to the
 * event loop, but for {@link #busy}.
 */
final class PageAnswers {
  /** A head and a body, which a Python server writes one after the other. */
  record Encoded(ByteBuf head, ByteBuf body) {
    static Encoded of(String type, byte[] body) {
      String head =
          "HTTP/1.1 200 OK\r\ndate: Thu, 26 Nov 2026 06:30:00 GMT\r\nserver: uvicorn\r\n"
              + "content-length: %d\r\ncontent-type: %s\r\n\r\n".formatted(body.length, type);
      return new Encoded(lasting(head.getBytes(US_ASCII)), lasting(body));
    }

    private static ByteBuf lasting(byte[] bytes) {
      return Unpooled.unreleasableBuffer(Unpooled.directBuffer(bytes.length).writeBytes(bytes));
    }
  }

  private static final String MODELS =
      """
      {"object":"list","data":[\
      {"id":"base","object":"model","created":1,"owned_by":"vllm","root":"/models/base",\
      "parent":null,"max_model_len":1024,"permission":[]},\
      {"id":"lora-0","object":"model","created":1,"owned_by":"vllm","root":"/models/lora-0",\
      "parent":"base","max_model_len":null,"permission":[]},\
      {"id":"lora-1","object":"model","created":1,"owned_by":"vllm","root":"/models/lora-1",\
      "parent":"base","max_model_len":null,"permission":[]}]}\
      """;

  private final Encoded models = Encoded.of("application/json", MODELS.getBytes(US_ASCII));
  private final Encoded empty = Encoded.of("application/json", new byte[0]);
  private final List<Encoded> busyPages;
  private final List<Encoded> idlePages;
  private int next;
  private volatile boolean busy;

  PageAnswers(MetricsPages pages) {
    busyPages = encoded(pages.busy());
    idlePages = encoded(pages.idle());
  }

  private static List<Encoded> encoded(List<byte[]> pages) {
    return pages.stream()
        .map(page -> Encoded.of("text/plain; version=1.0.0; charset=utf-8", page))
        .toList();
  }

  /** Whether requests run from now on. */
  void busy(boolean now) {
    busy = now;
  }

  /** The answer to a GET. */
  Encoded get(String path) {
    return switch (path) {
      case "/v1/models" -> models;
      case "/metrics" -> (busy ? busyPages : idlePages).get(next++ % busyPages.size());
      default -> empty;
    };
  }
}
