package dev.loragateway.server;

import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a client sends in one connection, and what is to become of it; from {@code
 * src/test/resources/http1/requests}. Bytes are chars. Immutable.
 *
 * @param family the file that it stands in
 * @param why it is to be so
 * @param bytes what the client sends
 * @param answers status of each answer, interim ones, too
 * @param accepted body of each request that reaches the model server
 * @param closed whether the gateway ends the connection behind the last answer
 * @param line request line of the first request that reaches the model server; null = any
 * @param carries header lines that this request has
 * @param lacks headers that it has not
 */
record RequestCase(
    String family,
    String name,
    String why,
    String bytes,
    List<Integer> answers,
    List<String> accepted,
    boolean closed,
    @Nullable String line,
    List<String> carries,
    List<String> lacks) {
  /**
   * A file.
   *
   * @param request that a case's {@code put} is put in; null when each case has its own
   */
  private record Family(@Nullable String request, List<Entry> cases) {}

  /** A case in a file: one of {@code put} and {@code send}, and what is to become of it. */
  private record Entry(
      String name,
      String why,
      @Nullable String put,
      @Nullable String send,
      @Nullable Integer refused,
      @Nullable List<String> accepted,
      @Nullable List<Integer> answers,
      boolean closed,
      @Nullable String line,
      @Nullable List<String> carries,
      @Nullable List<String> lacks) {

    RequestCase in(String family, @Nullable String request) {
      String text = send != null ? send : Objects.requireNonNull(request).replace("<put>", put);
      List<String> bodies = bytes(accepted);
      return new RequestCase(
          family,
          name,
          why,
          WireNotation.bytes(text),
          answers != null ? answers : given(bodies),
          bodies,
          closed || refused != null,
          line,
          bytes(carries),
          lacks == null ? List.of() : lacks);
    }

    private List<Integer> given(List<String> bodies) {
      return refused != null ? List.of(refused) : Collections.nCopies(bodies.size(), 200);
    }

    private static List<String> bytes(@Nullable List<String> texts) {
      return texts == null ? List.of() : texts.stream().map(WireNotation::bytes).toList();
    }
  }

  /** The whole corpus. */
  static List<RequestCase> all() {
    return CorpusFiles.read(
        "http1/requests",
        Family.class,
        (family, read) -> read.cases().stream().map(entry -> entry.in(family, read.request())));
  }

  @Override
  public String toString() {
    return family + ": " + name;
  }
}
