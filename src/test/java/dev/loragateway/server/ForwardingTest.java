package dev.loragateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.proxy.ProxySettings.Headers;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What of a request and of an answer passes to the other side, and what does not. */
final class ForwardingTest {
  private static final String OK = "{\"id\":\"1\"}";

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static RawUpstream upstream;
  private static Gateway gateway;

  @BeforeAll
  static void start() {
    upstream = gateways.upstream(call -> call.reply(200, "application/json", OK));
    gateway = gateways.start(Setup.of(upstream.address()));
  }

  @BeforeEach
  void forget() {
    upstream.forget();
  }

  private WireResponse post(String path, String... headers) {
    return gateways.ask(gateway, Requests.post(path, Requests.chatBody("lora", 1, false), headers));
  }

  private RawUpstream.Call seen() {
    assertThat(upstream.calls()).hasSize(1);
    return upstream.calls().getFirst();
  }

  @Test
  void request_hopByHopHeaders_areDropped() {
    post(
        "/v1/chat/completions",
        "Connection: keep-alive, x-mine",
        "Keep-Alive: timeout=5",
        "X-Mine: 1",
        "TE: trailers",
        "Trailer: x",
        "Upgrade: websocket",
        "Proxy-Authorization: Basic eA==",
        "Proxy-Connection: keep-alive",
        "X-Kept: 1",
        "x-kept: 2");

    for (String dropped :
        new String[] {
          "Connection",
          "Keep-Alive",
          "X-Mine",
          "TE",
          "Trailer",
          "Upgrade",
          "Proxy-Authorization",
          "Proxy-Connection",
          "Transfer-Encoding"
        }) {
      assertThat(seen().headers(dropped)).as(dropped).isEmpty();
    }
    assertThat(seen().headers("x-kept")).containsExactly("1", "2");
    assertThat(seen().headers("content-length")).hasSize(1);
  }

  @Test
  void request_host_isTheEndpoint() {
    post("/v1/chat/completions");

    assertThat(seen().headers("host")).containsExactly(upstream.address());
  }

  @Test
  void request_body_isForwardedByteByByte() {
    post("/v1/chat/completions");

    assertThat(seen().body()).isEqualTo(Requests.chatBody("lora", 1, false));
  }

  @Test
  void request_largeBody_isForwardedByteByByte() {
    String text = "0123456789abcdef".repeat(300_000);
    String body = Requests.chatBody("lora", 1, false).replace("Hello", text);

    gateways.ask(gateway, Requests.post("/v1/chat/completions", body));

    assertThat(seen().body()).isEqualTo(body);
  }

  @Test
  void request_largeBodyForAnAlias_differsInTheModelOnly() {
    Gateway aliased = gateways.start(Setup.of(upstream.address()).aliases(Map.of("other", "lora")));
    String text = "\\\"model\\\":\\\"other\\\" ".repeat(20_000);
    String body = Requests.chatBody("other", 1, false).replace("Hello", text);

    gateways.ask(aliased, Requests.post("/v1/chat/completions", body));

    assertThat(seen().body())
        .isEqualTo(body.replaceFirst("\"model\":\"other\"", "\"model\":\"lora\""));
  }

  @Test
  void response_ofAnAliasToHttp10Client_isWhole() {
    RawUpstream naming =
        gateways.upstream(
            call -> call.reply(200, "application/json", "{\"model\":\"lora\",\"x\":1}"));
    Gateway aliased = gateways.start(Setup.of(naming.address()).aliases(Map.of("other", "lora")));

    WireResponse answer =
        gateways.ask(aliased, Requests.chat("other").replace("HTTP/1.1", "HTTP/1.0"));

    assertThat(answer.text()).isEqualTo("{\"model\":\"other\",\"x\":1}");
    assertThat(answer.headers("content-length")).isEmpty();
    assertThat(answer.chunked()).isFalse();
  }

  @Test
  void request_query_isKept() {
    post("/v1/chat/completions?api-version=1&x=%20y%2Fz");

    assertThat(seen().line())
        .isEqualTo("POST /v1/chat/completions?api-version=1&x=%20y%2Fz HTTP/1.1");
  }

  @Test
  void requestId_given_reachesBothSidesOnce() {
    WireResponse answer = post("/v1/chat/completions", "X-Request-Id: mine-1");

    assertThat(seen().headers("x-request-id")).containsExactly("mine-1");
    assertThat(answer.headers("x-request-id")).containsExactly("mine-1");
  }

  @Test
  void requestId_notGiven_isMade() {
    WireResponse answer = post("/v1/chat/completions");

    assertThat(seen().headers("x-request-id"))
        .singleElement()
        .isEqualTo(answer.header("x-request-id"));
  }

  @Test
  void requestId_twiceOrUnprintable_exactlyOneGoesUpstream() {
    post("/v1/chat/completions", "X-Request-Id: a\tb", "X-Request-Id: c");

    assertThat(seen().headers("x-request-id")).hasSize(1);
  }

  @Test
  void requestId_ofTheServer_isReplaced() {
    RawUpstream naming =
        gateways.upstream(
            call ->
                call.write(
                    "HTTP/1.1 200 OK\r\nX-Request-Id: theirs\r\nContent-Length: 2\r\n\r\n{}"));
    Gateway before = gateways.start(Setup.of(naming.address()));

    WireResponse answer =
        gateways.ask(
            before,
            Requests.post(
                "/v1/chat/completions", Requests.chatBody("lora", 1, false), "X-Request-Id: mine"));

    assertThat(answer.headers("x-request-id")).containsExactly("mine");
  }

  @Test
  void authorization_poolWithoutKey_passes() {
    post("/v1/chat/completions", "Authorization: Bearer client");

    assertThat(seen().headers("authorization")).containsExactly("Bearer client");
  }

  @Test
  void authorization_poolWithKey_isReplaced() {
    Gateway keyed = gateways.start(Setup.of(upstream.address()).apiKey("pool-key"));

    gateways.ask(
        keyed,
        Requests.post(
            "/v1/chat/completions",
            Requests.chatBody("lora", 1, false),
            "Authorization: Bearer client"));

    assertThat(seen().headers("authorization")).containsExactly("Bearer pool-key");
  }

  @Test
  void response_hopByHopHeaders_areDropped() {
    RawUpstream talkative =
        gateways.upstream(
            call ->
                call.write(
                    """
                    HTTP/1.1 200 OK\r
                    Connection: keep-alive, X-Theirs\r
                    Keep-Alive: timeout=5\r
                    X-Theirs: 1\r
                    Upgrade: h2c\r
                    Trailer: x-sum\r
                    Proxy-Authenticate: Basic\r
                    X-Kept: 1\r
                    X-Kept: 2\r
                    Transfer-Encoding: chunked\r
                    \r
                    2\r
                    {}\r
                    0\r
                    x-sum: 1\r
                    \r
                    """));
    Gateway before = gateways.start(Setup.of(talkative.address()));

    WireResponse answer = gateways.chat(before, "lora");

    assertThat(answer.text()).isEqualTo("{}");
    assertThat(answer.headers("x-kept")).containsExactly("1", "2");
    for (String dropped :
        new String[] {"keep-alive", "x-theirs", "upgrade", "trailer", "proxy-authenticate"}) {
      assertThat(answer.headers(dropped)).as(dropped).isEmpty();
    }
  }

  @Test
  void response_headersInTheGatewaysName_areItsOwn() {
    RawUpstream pretending =
        gateways.upstream(
            call ->
                call.write(
                    """
                    HTTP/1.1 200 OK\r
                    X-Gateway-Endpoint: theirs\r
                    x-gateway-endpoint: again\r
                    x-gateway-tier: theirs\r
                    x-gateway-attempts: 9\r
                    X-GATEWAY-QUEUE-MS: 9\r
                    x-gateway-more: 9\r
                    x-gateway: kept\r
                    Content-Length: 2\r
                    \r
                    {}\
                    """));
    Gateway showing = gateways.start(Setup.of(pretending.address()));
    Gateway hiding =
        gateways.start(
            Setup.of(pretending.address())
                .headers(new Headers(false, false, false, false, false, false, false)));

    WireResponse shown = gateways.chat(showing, "lora");
    WireResponse hidden = gateways.chat(hiding, "lora");

    assertThat(shown.headers("x-gateway-endpoint")).containsExactly(pretending.address());
    assertThat(shown.headers("x-gateway-attempts")).containsExactly("1");
    assertThat(shown.headers("x-gateway-tier")).hasSize(1).doesNotContain("theirs");
    assertThat(shown.headers("x-gateway-queue-ms")).isEmpty();
    assertThat(hidden.headers())
        .extracting(Map.Entry::getKey)
        .contains("x-gateway")
        .noneMatch(name -> name.startsWith("x-gateway-"));
  }

  @Test
  void response_untilTheEndOfTheConnection_isWhole() {
    RawUpstream old =
        gateways.upstream(
            call -> {
              call.write("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + OK);
              call.close();
            });
    Gateway before = gateways.start(Setup.of(old.address()));

    WireResponse answer = gateways.chat(before, "lora");

    assertThat(answer.whole()).isTrue();
    assertThat(answer.text()).isEqualTo(OK);
  }

  @Test
  void response_noContent_hasNoBodyAndKeepsTheConnection() {
    RawUpstream silent = gateways.upstream(call -> call.write("HTTP/1.1 204 No Content\r\n\r\n"));
    WireClient client = gateways.client(gateways.start(Setup.of(silent.address())));

    assertThat(client.send(Requests.chat("lora")).read().status()).isEqualTo(204);
    assertThat(client.send(Requests.chat("lora")).read().status()).isEqualTo(204);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/load_lora_adapter",
        "/v1/unload_lora_adapter",
        "/v1/%6coad_lora_adapter",
        "/v1/%256coad_lora_adapter",
        "//v1//load_lora_adapter",
        "/v1/x/../load_lora_adapter",
        "/v1/x/%2e%2e/load_lora_adapter",
        "/v1/chat/completions/../../load_lora_adapter",
        "/v1/chat/completions/..%2f..%2fload_lora_adapter",
        "/v1/chat/completions;/../load_lora_adapter",
        "/v1/load_lora_adapter/",
        "/V1/LOAD_LORA_ADAPTER",
        "/v1/responses/../load_lora_adapter",
        "/v1/responses/x/../../load_lora_adapter",
        "/v1/responses/%2e%2e%2fload_lora_adapter/cancel",
        "http://other/v1/load_lora_adapter",
        "/sim/faults",
        "/metrics",
        "/server_info",
        "/sleep",
        "/wake_up",
        "/reset_prefix_cache",
        "/collective_rpc",
        "/update_weights",
        "/invocations"
      })
  void route_administrative_isNeverForwarded(String path) {
    WireResponse answer = post(path);

    assertThat(answer.status()).isIn(400, 404, 405);
    assertThat(upstream.calls()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/chat/completions",
        "/v1//chat/completions",
        "/v1/chat/%63ompletions",
        "/v1/x/../chat/completions",
        "/v1/./chat/completions/",
        "http://gateway/v1/chat/completions"
      })
  void route_spelledOtherwise_isForwardedInItsOneSpelling(String path) {
    assertThat(post(path).status()).isEqualTo(200);
    assertThat(seen().line()).isEqualTo("POST /v1/chat/completions HTTP/1.1");
  }
}
