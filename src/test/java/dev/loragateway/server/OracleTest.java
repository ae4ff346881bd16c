package dev.loragateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.loragateway.server.Oracles.Sent;
import dev.loragateway.server.Oracles.Verdict;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The corpus as parsers see it that know nothing of the gateway: in what the gateway passes on they
 * find the messages that it accepted, and what they refuse the gateway does not accept.
 */
@Tag("conformance")
final class OracleTest {
  private static final String REQUEST = Requests.post("/v1/completions", "{\"model\":\"base\"}");
  private static final String LAST_BODY = "{\"model\":\"base\",\"n\":7}";
  private static final String LAST =
      Requests.post("/v1/chat/completions", LAST_BODY, "Connection: close");

  /** What the gateway accepts and a parser refuses; {@code docs/decisions.md} says why. */
  private static final Set<String> LENIENCIES =
      Set.of(
          // an empty line in front of a request line, which servers should skip
          "h11: request-line: empty line in front",
          "h11: request-line: three empty lines in front",
          "h11: limits: a thousand empty lines",
          "h11: pipelining: empty line between",
          // more digits of a chunk size than h11 takes
          "h11: chunks: size with many leading zeros",
          // white space in front of a chunk extension, which recipients must take
          "h11: chunks: space in front of an extension",
          "llhttp: chunks: space in front of an extension",
          // a chunk extension without a name
          "llhttp: chunks: semicolon, and no extension",
          "llhttp: chunks: semicolon behind an extension",
          // a tab behind the value of a framing header
          "llhttp: content-length: white space around",
          "llhttp: transfer-encoding: white space around",
          // h11 always ends a connection of HTTP/1.0
          "h11: http10: another request behind, kept alive",
          // 205 has no body, which the parsers pass on when it has
          "h11: framing: 205 with a body",
          "llhttp: framing: 205 with a body");

  /** The same among mutants, by the parser's error. */
  private static final Set<String> LENIENT_ERRORS =
      Set.of(
          "no request line received",
          "illegal chunk header",
          "Invalid character in chunk size",
          "Invalid character in chunk extensions",
          "Invalid character in Content-Length",
          "Request has invalid `Transfer-Encoding`");

  private static final long SEED = 1;
  private static final int MUTANTS = 3000;

  /** Ends whatever a damaged message may wait for: no head, no chunk size and no JSON has it. */
  private static final String FILLER = "\0".repeat(20_000);

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static RawUpstream upstream;
  private static Gateway gateway;
  private static volatile RawUpstream.Script script;

  @BeforeAll
  static void start() {
    upstream = gateways.upstream(call -> script.answer(call));
    gateway = gateways.start(Setup.of(upstream.address()).maxRetries(0).noEjection());
  }

  @TestFactory
  Stream<DynamicTest> request_passedOn_isWhatWasAccepted() {
    List<RequestCase> corpus = RequestCase.all();
    script = call -> call.reply(200, "application/json", call.body());
    List<Sent> passedOn = corpus.stream().map(OracleTest::passOn).toList();
    return tests(
        corpus,
        Oracles.requests(passedOn),
        (request, verdict) -> {
          List<String> accepted = new ArrayList<>(request.accepted());
          if (!request.closed()) {
            accepted.add(LAST_BODY);
          }
          assertThat(verdict.error()).isNull();
          assertThat(verdict.bodies()).isEqualTo(accepted);
        });
  }

  /** What the model server gets of it, and of another request behind it. */
  private static Sent passOn(RequestCase request) {
    StringBuilder all = new StringBuilder();
    send(request.bytes() + LAST).forEach(call -> all.append(call.head()).append(call.body()));
    return new Sent(all.toString(), false);
  }

  private static List<String> passedOn(String bytes) {
    return send(bytes).stream().map(RawUpstream.Call::body).toList();
  }

  /** What the model server gets of what a client sends. */
  private static List<RawUpstream.Call> send(String bytes) {
    upstream.forget();
    try (WireClient client = new WireClient(gateway.port())) {
      client.send(bytes).readToEnd();
    } catch (UncheckedIOException e) {
      // A gateway that refuses need not take all of it.
      assertThat(e).hasRootCauseInstanceOf(SocketException.class);
    }
    return upstream.calls();
  }

  @TestFactory
  Stream<DynamicTest> request_acceptedByTheGateway_isReadAlikeByParsers() {
    List<RequestCase> accepted =
        RequestCase.all().stream()
            .filter(request -> request.answers().stream().allMatch(status -> status < 400))
            .toList();
    List<Sent> sent = accepted.stream().map(request -> new Sent(request.bytes(), false)).toList();
    return testsButLeniencies(
        accepted,
        Oracles.requests(sent),
        (request, verdict) -> {
          long answers = request.answers().stream().filter(status -> status >= 200).count();
          assertThat(verdict.error()).isNull();
          assertThat(verdict.bodies()).hasSize((int) answers);
          if (!request.accepted().isEmpty()) {
            assertThat(verdict.bodies()).containsSubsequence(request.accepted());
          }
        });
  }

  /** Whatever else a parser finds or refuses: what the gateway passed on is there. */
  @Test
  void request_damagedAtRandom_isReadAlikeByParsers() {
    RandomGenerator random = new Random(SEED);
    List<String> whole =
        RequestCase.all().stream()
            .filter(request -> request.answers().stream().allMatch(status -> status < 400))
            .filter(request -> !request.family().equals("http10"))
            .map(RequestCase::bytes)
            .filter(bytes -> bytes.length() < 1000)
            .toList();
    script = call -> call.reply(200, "application/json", call.body());
    List<Sent> sent = new ArrayList<>();
    List<List<String>> passedOn = new ArrayList<>();
    for (int i = 0; i < MUTANTS; i++) {
      String damaged = Mutation.of(whole.get(random.nextInt(whole.size())), random);
      String bytes = damaged + LAST + FILLER;
      passedOn.add(passedOn(bytes));
      sent.add(new Sent(bytes, false));
    }

    List<Map<String, Verdict>> verdicts = Oracles.requests(sent);

    assertThat(passedOn).as("mutants that were passed on").anyMatch(bodies -> bodies.size() > 1);
    SoftAssertions all = new SoftAssertions();
    for (int i = 0; i < MUTANTS; i++) {
      for (Verdict verdict : verdicts.get(i).values()) {
        if (!isLenient(verdict) && !passedOn.get(i).isEmpty()) {
          all.assertThat(verdict.bodies())
              .as(sent.get(i).bytes() + verdict.error())
              .containsSubsequence(passedOn.get(i));
        }
      }
    }
    all.assertAll();
  }

  private static boolean isLenient(Verdict verdict) {
    return verdict.error() != null && LENIENT_ERRORS.stream().anyMatch(verdict.error()::contains);
  }

  @TestFactory
  Stream<DynamicTest> response_passedOn_isWhatWasAccepted() {
    List<ResponseCase> corpus = ResponseCase.all();
    List<Sent> passedOn = corpus.stream().map(OracleTest::passOn).toList();
    return tests(
        corpus,
        Oracles.responses(passedOn),
        (response, verdict) -> {
          if (response.broken()) {
            assertThat(verdict.error()).isNotNull();
            assertThat(verdict.bodies()).isEmpty();
          } else {
            assertThat(verdict.error()).isNull();
            assertThat(verdict.bodies()).hasSize(2).endsWith(LAST_BODY);
            if (response.body() != null) {
              assertThat(verdict.bodies()).startsWith(response.body());
            }
          }
        });
  }

  /** What a client gets that sends another request behind the one that is answered so. */
  private static Sent passOn(ResponseCase response) {
    script =
        call -> {
          if (call.body().equals(LAST_BODY)) {
            call.reply(200, "application/json", LAST_BODY);
          } else {
            call.write(response.bytes());
            if (response.closes()) {
              call.close();
            }
          }
        };
    try (WireClient client = new WireClient(gateway.port())) {
      return new Sent(client.send(REQUEST + LAST).readToEnd(), true);
    }
  }

  @TestFactory
  Stream<DynamicTest> response_acceptedByTheGateway_isReadAlikeByParsers() {
    List<ResponseCase> accepted =
        ResponseCase.all().stream()
            .filter(response -> response.body() != null && !response.broken())
            .toList();
    List<Sent> sent =
        accepted.stream().map(response -> new Sent(response.bytes(), response.closes())).toList();
    return testsButLeniencies(
        accepted,
        Oracles.responses(sent),
        (response, verdict) -> assertThat(verdict.bodies()).contains(response.body()));
  }

  /** A test for each case and parser. */
  private static <C> Stream<DynamicTest> tests(
      List<C> corpus, List<Map<String, Verdict>> verdicts, BiConsumer<C, Verdict> check) {
    List<DynamicTest> tests = new ArrayList<>();
    for (int i = 0; i < corpus.size(); i++) {
      C one = corpus.get(i);
      verdicts
          .get(i)
          .forEach(
              (oracle, verdict) -> {
                tests.add(dynamicTest(oracle + ": " + one, () -> check.accept(one, verdict)));
              });
    }
    return tests.stream();
  }

  /** The same, but the leniencies must be some. */
  private static <C> Stream<DynamicTest> testsButLeniencies(
      List<C> corpus, List<Map<String, Verdict>> verdicts, BiConsumer<C, Verdict> check) {
    return tests(corpus, verdicts, check)
        .map(
            test ->
                LENIENCIES.contains(test.getDisplayName())
                    ? dynamicTest(
                        test.getDisplayName(),
                        () ->
                            assertThatThrownBy(() -> test.getExecutable().execute())
                                .isInstanceOf(AssertionError.class))
                    : test);
  }
}
