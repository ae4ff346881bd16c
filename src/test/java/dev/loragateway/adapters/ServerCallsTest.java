package dev.loragateway.adapters;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.absent;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import dev.loragateway.adapters.AdapterSettings.Loading;
import dev.loragateway.adapters.CallResult.Done;
import dev.loragateway.adapters.CallResult.Failed;
import dev.loragateway.adapters.CallResult.Refused;
import dev.loragateway.model.Endpoint;
import dev.loragateway.model.Origin;
import dev.loragateway.model.UpstreamAccess;
import dev.loragateway.model.UpstreamTls;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Engines and runtimes that answer as theirs do. */
class ServerCallsTest {
  private static final String LOAD = "/v1/load_lora_adapter";
  private static final String UNLOAD = "/v1/unload_lora_adapter";
  private static final String RUNTIME_LOAD = "/v1/lora_adapter/load";
  private static final String RUNTIME_UNLOAD = "/v1/lora_adapter/unload";
  private static final AdapterSource FILES = new AdapterSource("file:///adapters/a");

  @RegisterExtension
  static final WireMockExtension server =
      WireMockExtension.newInstance()
          .options(options().bindAddress("127.0.0.1").dynamicPort())
          .build();

  private Loading loading = loading(0, null);
  private final ServerCalls calls = new ServerCalls(pool -> "vllm", () -> loading, () -> Set.of());

  @AfterEach
  void close() {
    calls.close();
  }

  private static Loading loading(int runtimePort, @Nullable String key) {
    return new Loading(2, 10, Duration.ofSeconds(20), Duration.ZERO, runtimePort, key);
  }

  private static Endpoint endpoint(@Nullable UpstreamTls tls) {
    int port = server.getPort();
    UpstreamAccess access = new UpstreamAccess(tls, "engine-key");
    return new Endpoint("p", "127.0.0.1:" + port, "127.0.0.1", port, access, Origin.STATIC);
  }

  private static void answer(String path, int status, String body) {
    server.stubFor(post(path).willReturn(aResponse().withStatus(status).withBody(body)));
  }

  @Test
  void engine_isSentItsKey() throws InterruptedException {
    answer(LOAD, 200, "Success");

    assertThat(calls.load(endpoint(null), "a", FILES)).isEqualTo(new Done());

    server.verify(
        postRequestedFor(urlEqualTo(LOAD))
            .withHeader("Authorization", equalTo("Bearer engine-key")));
  }

  @Test
  void runtime_isSentItsOwnKeyOrNone_neverTheEngines() throws InterruptedException {
    server.stubFor(post(RUNTIME_LOAD).willReturn(okJson("{\"status\":\"success\"}")));
    server.stubFor(post(RUNTIME_UNLOAD).willReturn(okJson("{\"status\":\"success\"}")));
    for (Endpoint at : new Endpoint[] {endpoint(null), endpoint(UpstreamTls.PLATFORM)}) {
      server.resetRequests();
      loading = loading(server.getPort(), null);
      assertThat(calls.load(at, "a", FILES)).isEqualTo(new Done());
      assertThat(calls.unload(at, "a")).isEqualTo(new Done());
      loading = loading(server.getPort(), "runtime-key");
      assertThat(calls.load(at, "a", FILES)).isEqualTo(new Done());
      assertThat(calls.unload(at, "a")).isEqualTo(new Done());

      for (String path : new String[] {RUNTIME_LOAD, RUNTIME_UNLOAD}) {
        server.verify(1, postRequestedFor(urlEqualTo(path)).withHeader("Authorization", absent()));
        server.verify(
            1,
            postRequestedFor(urlEqualTo(path))
                .withHeader("Authorization", equalTo("Bearer runtime-key")));
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "400 | {\"error\":{\"message\":\"The lora adapter 'a' has already been loaded.\"}} | DONE",
        "400 | {\"object\":\"error\",\"message\":\"The lora adapter 'a' has already been loaded.\"}"
            + " | DONE",
        "400 | {\"error_message\":\"LoRA adapter a is already loaded\"} | DONE",
        "400 | {\"error\":{\"message\":\"rank 64 is too large\"}} | 400 rank 64 is too large",
        "500 | {\"message\":\"LoRA rank 64 is greater than max_lora_rank 16.\"} | 500 LoRA rank 64"
            + " is greater than max_lora_rank 16.",
        "500 | The engine is dead | TRY 500 The engine is dead",
        "404 | {\"error\":{\"message\":\"No adapter found for /a\"}} | TRY 404 No adapter found for"
            + " /a",
        "404 | {\"detail\":\"Not Found\"} | TRY the engine takes no adapters at run time (expected:"
            + " vLLM with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True, or SGLang with"
            + " --enable-lora)"
      })
  void load_byTheEngine_isToldApart(int status, String body, String told)
      throws InterruptedException {
    answer(LOAD, status, body);

    assertThat(told(calls.load(endpoint(null), "a", FILES))).isEqualTo(told);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "400 | {\"error\":{\"message\":\"no checksum\"}} | 400 no checksum",
        "401 | {\"error\":{\"message\":\"a key is needed\"}} | TRY 401 a key is needed",
        "404 | {\"error\":{\"message\":\"nothing there\"}} | TRY 404 nothing there",
        "409 | {\"error\":{\"message\":\"a was unloaded meanwhile\"}} | TRY 409 a was unloaded"
            + " meanwhile",
        "409 | {\"error\":{\"message\":\"too large\"}} | 409 too large",
        "502 | {\"error\":{\"message\":\"broken off\"}} | TRY 502 broken off",
        "404 | {\"detail\":\"Not Found\"} | TRY it is none (expected: gateway/run runtime)"
      })
  void load_byARuntime_isToldApart(int status, String body, String told)
      throws InterruptedException {
    answer(RUNTIME_LOAD, status, body);
    loading = loading(server.getPort(), null);

    String who = "the runtime at 127.0.0.1:" + server.getPort() + ": ";
    assertThat(told(calls.load(endpoint(null), "a", FILES)).replace(who, "")).isEqualTo(told);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "200 | Success | DONE",
        "404 | {\"error\":{\"message\":\"The lora adapter 'a' cannot be found.\"}} | DONE",
        "400 | {\"error_message\":\"LoRA with name a does not exist\"} | DONE",
        "404 | {\"detail\":\"Not Found\"} | TRY 404 Not Found",
        "500 | dead | TRY 500 dead"
      })
  void unload_notKnownThere_isDone(int status, String body, String told)
      throws InterruptedException {
    answer(UNLOAD, status, body);

    assertThat(told(calls.unload(endpoint(null), "a"))).isEqualTo(told);
  }

  private static String told(CallResult result) {
    return switch (result) {
      case Done() -> "DONE";
      case Refused(String reason) -> reason;
      case Failed(String reason, boolean answered) -> "TRY " + reason;
    };
  }

  @Test
  void runtime_thatFetchesForLong_isNotTakenForSilent() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      int port = silent.getLocalPort();
      loading = new Loading(2, 10, Duration.ofMillis(100), Duration.ZERO, port, null);

      CallResult result = calls.load(endpoint(null), "a", FILES);

      String who = "the runtime at 127.0.0.1:" + port + ": ";
      String why = "no answer within 100 ms; what it fetches it goes on fetching";
      assertThat(result).isEqualTo(new Failed(who + why, true));
    }
  }

  @Test
  void runtime_thatIsNotThere_isTold() throws Exception {
    ServerSocket closed = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"));
    closed.close();
    loading = loading(closed.getLocalPort(), null);

    assertThat(calls.load(endpoint(null), "a", FILES))
        .isEqualTo(
            new Failed(
                "the runtime at 127.0.0.1:%d: it cannot be reached"
                    .formatted(closed.getLocalPort()),
                false));
  }
}
