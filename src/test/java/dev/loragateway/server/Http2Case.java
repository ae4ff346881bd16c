package dev.loragateway.server;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request of HTTP/2 and what is to become of it; from {@code src/test/resources/http2/requests}.
 * Bytes are chars. Immutable.
 *
 * @param family the file that it stands in
 * @param why it is to be so
 * @param head names and values in turn
 * @param body pieces; none = the headers end the stream
 * @param trailers names and values in turn; null = the last piece ends the stream
 * @param answer status of the answer; 0 = the stream is reset with PROTOCOL_ERROR
 * @param line request line that reaches the model server, when the answer is 200; null = any
 * @param carries header lines that this request has
 * @param lacks headers that it has not
 */
record Http2Case(
    String family,
    String name,
    String why,
    List<String> head,
    List<String> body,
    @Nullable List<String> trailers,
    int answer,
    @Nullable String line,
    List<String> carries,
    List<String> lacks) {
  private static final List<String> USUAL =
      List.of(
          ":method", "POST",
          ":scheme", "http",
          ":authority", "gateway",
          ":path", "/v1/chat/completions",
          "content-type", "application/json");

  private record Family(List<Entry> cases) {}

  /**
   * A case in a file.
   *
   * @param without headers that a usual request has and this one has not
   * @param with headers that are added, as {@code name=value}
   * @param answer null = 200, or a reset if {@code reset}
   */
  private record Entry(
      String name,
      String why,
      @Nullable List<String> without,
      @Nullable List<String> with,
      @Nullable List<String> body,
      @Nullable List<String> trailers,
      @Nullable Integer answer,
      boolean reset,
      @Nullable String line,
      @Nullable List<String> carries,
      @Nullable List<String> lacks) {

    Http2Case in(String family) {
      List<String> head = new ArrayList<>();
      for (int i = 0; i < USUAL.size(); i += 2) {
        if (without == null || !without.contains(USUAL.get(i))) {
          head.addAll(USUAL.subList(i, i + 2));
        }
      }
      head.addAll(fields(with));
      return new Http2Case(
          family,
          name,
          why,
          head,
          body == null ? List.of("{\"model\":\"base\"}") : bytes(body),
          trailers == null ? null : fields(trailers),
          reset ? 0 : answer == null ? 200 : answer,
          line,
          bytes(carries),
          lacks == null ? List.of() : lacks);
    }

    private static List<String> fields(@Nullable List<String> texts) {
      List<String> fields = new ArrayList<>();
      for (String field : bytes(texts)) {
        int equals = field.indexOf('=');
        fields.add(field.substring(0, equals));
        fields.add(field.substring(equals + 1));
      }
      return fields;
    }

    private static List<String> bytes(@Nullable List<String> texts) {
      return texts == null ? List.of() : texts.stream().map(WireNotation::bytes).toList();
    }
  }

  /** The whole corpus. */
  static List<Http2Case> all() {
    return CorpusFiles.read(
        "http2/requests",
        Family.class,
        (family, read) -> read.cases().stream().map(entry -> entry.in(family)));
  }

  /** The body in one piece. */
  String wholeBody() {
    return String.join("", body);
  }

  /** The frames of it. */
  String frames(int stream) {
    StringBuilder frames = new StringBuilder();
    boolean headOnly = body.isEmpty() && trailers == null;
    String block = Frames.block(head);
    frames.append(headOnly ? Frames.lastHeaders(stream, block) : Frames.headers(stream, block));
    for (int i = 0; i < body.size(); i++) {
      boolean last = i == body.size() - 1 && trailers == null;
      frames.append(last ? Frames.lastData(stream, body.get(i)) : Frames.data(stream, body.get(i)));
    }
    if (trailers != null) {
      frames.append(Frames.lastHeaders(stream, Frames.block(trailers)));
    }
    return frames.toString();
  }

  @Override
  public String toString() {
    return family + ": " + name;
  }
}
