package dev.loragateway.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A part of the admin API that speaks JSON: lets in those who may, reads bodies strictly, and
 * answers in the shape of the gateway's errors. Thread-safe.
 */
final class JsonHandler implements HttpHandler {
  private static final Logger log = LoggerFactory.getLogger(JsonHandler.class);

  /** Of a body, in bytes. */
  private static final int MOST_BODY = 64 << 10;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .build();

  private final AdminAccess access;
  private final Work work;

  JsonHandler(AdminAccess access, Work work) {
    this.access = access;
    this.work = work;
  }

  /** What is done for those who may. */
  interface Work {
    Answer answer(HttpExchange exchange) throws IOException;
  }

  /**
   * An answer. Immutable.
   *
   * @param json null = it has no body
   */
  record Answer(int status, @Nullable ObjectNode json) {
    static Answer of(ApiProblem problem) {
      return new Answer(problem.status(), problem.json());
    }

    static Answer problem(int status, String code, String message) {
      return of(new ApiProblem(status, code, message));
    }
  }

  /** What a body is. */
  sealed interface Body {
    /** It is JSON. */
    record Read(JsonNode json) implements Body {}

    /** It is not, for which this is the answer. */
    record Wrong(Answer answer) implements Body {}
  }

  static ObjectNode object() {
    return JSON.createObjectNode();
  }

  static boolean reads(String method) {
    return method.equals("GET") || method.equals("HEAD");
  }

  static Answer notAllowed(HttpExchange exchange, String allowed) {
    exchange.getResponseHeaders().set("Allow", allowed);
    return Answer.problem(
        405,
        "method_not_allowed",
        "%s is not possible here (expected: %s)".formatted(exchange.getRequestMethod(), allowed));
  }

  /** Reads the body, which has to be JSON and not too long. */
  static Body body(HttpExchange exchange) throws IOException {
    String type = exchange.getRequestHeaders().getFirst("Content-Type");
    if (type == null || !isJson(type)) {
      return wrong(
          415, "unsupported_media_type", "the body has to be JSON (expected: application/json)");
    }
    byte[] body = exchange.getRequestBody().readNBytes(MOST_BODY + 1);
    if (body.length > MOST_BODY) {
      return wrong(413, "request_too_large", "the body is too long (expected: up to 64 KiB)");
    }
    try {
      return new Body.Read(JSON.readTree(body));
    } catch (JsonProcessingException e) {
      String problem = e.getOriginalMessage().replaceFirst(" \\(start marker .*", "");
      return wrong(400, "invalid_json", "the body is no JSON: " + problem);
    }
  }

  private static Body wrong(int status, String code, String message) {
    return new Body.Wrong(Answer.problem(status, code, message));
  }

  private static boolean isJson(String type) {
    return type.replaceFirst(";.*", "").strip().toLowerCase(Locale.ROOT).equals("application/json");
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      send(exchange, guarded(exchange));
    }
  }

  private Answer guarded(HttpExchange exchange) throws IOException {
    Headers headers = exchange.getRequestHeaders();
    boolean reads = reads(exchange.getRequestMethod());
    AdminAccess.Refusal refusal = reads ? access.check(headers) : access.checkChange(headers);
    if (refusal != null) {
      refusal.mark(exchange.getResponseHeaders());
      String code = refusal.status() == 401 ? "invalid_api_key" : "forbidden";
      return Answer.problem(refusal.status(), code, refusal.message().strip());
    }
    try {
      return work.answer(exchange);
    } catch (RuntimeException e) {
      log.error("{} {}", exchange.getRequestMethod(), exchange.getRequestURI().getPath(), e);
      return Answer.problem(500, "internal_error", "this failed; the gateway's log says why");
    }
  }

  private static void send(HttpExchange exchange, Answer answer) throws IOException {
    ObjectNode json = answer.json();
    if (json == null) {
      exchange.sendResponseHeaders(answer.status(), -1);
      return;
    }
    byte[] body = JSON.writeValueAsBytes(json);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(answer.status(), head ? -1 : body.length);
    if (!head) {
      exchange.getResponseBody().write(body);
    }
  }
}
