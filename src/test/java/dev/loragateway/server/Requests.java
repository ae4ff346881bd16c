package dev.loragateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Requests as they stand on the wire; each char is one byte. Stateless. */
final class Requests {
  private Requests() {}

  static String chat(String model) {
    return post("/v1/chat/completions", chatBody(model, 2, false));
  }

  static String chat(String model, int tokens) {
    return post("/v1/chat/completions", chatBody(model, tokens, false));
  }

  static String stream(String model, int tokens) {
    return post("/v1/chat/completions", chatBody(model, tokens, true));
  }

  static String chatBody(String model, int tokens, boolean stream) {
    return """
    {"model":"%s","max_tokens":%d,"stream":%s,"messages":[{"role":"user","content":"Hello"}]}\
    """
        .formatted(model, tokens, stream);
  }

  /** A POST of JSON; each header is a whole line without its end. */
  static String post(String path, String body, String... headers) {
    byte[] bytes = body.getBytes(UTF_8);
    return head("POST " + path + " HTTP/1.1", headers)
        + "Content-Type: application/json\r\nContent-Length: "
        + bytes.length
        + "\r\n\r\n"
        + new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  static String get(String path, String... headers) {
    return head("GET " + path + " HTTP/1.1", headers) + "\r\n";
  }

  /** A request line, a Host and these lines, without the end of the head. */
  static String head(String requestLine, String... headers) {
    StringBuilder head = new StringBuilder(requestLine).append("\r\nHost: gateway\r\n");
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    return head.toString();
  }
}
