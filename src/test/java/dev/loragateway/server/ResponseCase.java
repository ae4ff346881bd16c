package dev.loragateway.server;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a model server answers, and what the client is to get of it; from {@code
 * src/test/resources/http1/responses}. Bytes are chars. Immutable.
 *
 * @param family the file that it stands in
 * @param why it is to be so
 * @param bytes what the server sends
 * @param later what it sends once the client has its answer
 * @param closes whether the server ends the connection behind it
 * @param status that the client gets
 * @param body that the client gets; null = the gateway's own error
 * @param broken whether the client does not get to the end of it
 * @param reused whether the server's connection serves the next request, too
 * @param carries headers that the client gets, names in lower case
 * @param lacks headers that the client does not get
 */
record ResponseCase(
    String family,
    String name,
    String why,
    String bytes,
    String later,
    boolean closes,
    int status,
    @Nullable String body,
    boolean broken,
    boolean reused,
    Map<String, String> carries,
    List<String> lacks) {

  /**
   * A file.
   *
   * @param answer that a case's {@code put} is put in; null when each case has its own
   */
  private record Family(@Nullable String answer, List<Entry> cases) {}

  /** A case in a file: one of {@code put} and {@code answer}, and what is to become of it. */
  private record Entry(
      String name,
      String why,
      @Nullable String put,
      @Nullable String answer,
      @Nullable String later,
      boolean closes,
      int status,
      @Nullable String body,
      boolean broken,
      boolean reused,
      @Nullable Map<String, String> carries,
      @Nullable List<String> lacks) {

    ResponseCase in(String family, @Nullable String frame) {
      String text = answer != null ? answer : Objects.requireNonNull(frame).replace("<put>", put);
      return new ResponseCase(
          family,
          name,
          why,
          WireNotation.bytes(text),
          later == null ? "" : WireNotation.bytes(later),
          closes,
          status,
          body,
          broken,
          reused,
          carries == null ? Map.of() : carries,
          lacks == null ? List.of() : lacks);
    }
  }

  /** The whole corpus. */
  static List<ResponseCase> all() {
    return CorpusFiles.read(
        "http1/responses",
        Family.class,
        (family, read) -> read.cases().stream().map(entry -> entry.in(family, read.answer())));
  }

  @Override
  public String toString() {
    return family + ": " + name;
  }
}
