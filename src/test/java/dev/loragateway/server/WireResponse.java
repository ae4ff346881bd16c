package dev.loragateway.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/**
 * An answer as it came. Immutable.
 *
 * @param status of the status line
 * @param headers in their order, names in lower case
 * @param body without its framing, each byte as one char
 * @param whole whether the body came to the end that its framing announces
 */
record WireResponse(
    int status, List<Map.Entry<String, String>> headers, String body, boolean whole) {

  /** The values of a header, in their order. */
  List<String> headers(String name) {
    return headers.stream().filter(h -> h.getKey().equals(name)).map(Map.Entry::getValue).toList();
  }

  /** The value of a header; null = none. */
  String header(String name) {
    List<String> values = headers(name);
    return values.isEmpty() ? null : values.getFirst();
  }

  String text() {
    return new String(body.getBytes(ISO_8859_1), UTF_8);
  }

  JsonNode json() {
    return GatewayExtension.json(text());
  }

  /** {@code error.code} in OpenAI's shape. */
  String errorCode() {
    return json().path("error").path("code").asText();
  }

  /** Address of the endpoint that answered; null = none. */
  String endpoint() {
    return header("x-gateway-endpoint");
  }

  /** The data of each event of a stream. */
  List<String> events() {
    return text()
        .lines()
        .filter(line -> line.startsWith("data: "))
        .map(line -> line.substring(6))
        .toList();
  }

  boolean chunked() {
    return "chunked".equals(header("transfer-encoding"));
  }
}
