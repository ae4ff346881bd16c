package dev.loragateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.access.AccessSettings;
import dev.loragateway.access.ApiKey;
import dev.loragateway.access.Caller;
import dev.loragateway.access.ModelPatterns;
import dev.loragateway.access.RateLimits;
import dev.loragateway.sim.SimRequest;
import dev.loragateway.sim.SimulatedServer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccessTest {
  private static final String KEY = "sk-acme-1";

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private SimulatedServer server;

  @BeforeEach
  void start() {
    server = gateways.simulator("base", "acme/law", "other/law");
  }

  static ApiKey key(String secret, Caller caller, @Nullable Instant expires) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
      return new ApiKey(caller, HexFormat.of().formatHex(hash), expires);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static Caller acme(RateLimits limits, boolean details) {
    return new Caller("acme", "acme", new ModelPatterns(List.of("acme/*")), limits, null, details);
  }

  private Gateway gateway(ApiKey... keys) {
    return gateways.start(
        Setup.of(server.address())
            .aliases(Map.of("support", "acme/law", "secret", "other/law"))
            .access(new AccessSettings(true, List.of(keys))));
  }

  private Gateway forAcme() {
    return gateway(key(KEY, acme(RateLimits.NONE, true), null));
  }

  private static String with(String header, String request) {
    return request.replaceFirst("\r\n", "\r\n" + header + "\r\n");
  }

  private static String bearer(String request) {
    return with("Authorization: Bearer " + KEY, request);
  }

  private List<SimRequest> posts() {
    return server.requests().stream().filter(r -> r.method().equals("POST")).toList();
  }

  @Test
  void keyOfTheCaller_opens_andDoesNotGoUpstream() {
    Gateway gateway = forAcme();

    for (String header : List.of("Authorization: Bearer " + KEY, "x-api-key: " + KEY)) {
      assertThat(gateways.ask(gateway, with(header, Requests.chat("acme/law"))).status())
          .isEqualTo(200);
    }

    assertThat(posts()).hasSize(2);
    assertThat(posts())
        .allSatisfy(
            request -> {
              assertThat(request.headers()).doesNotContainKeys("authorization", "x-api-key");
              assertThat(request.toString()).doesNotContain(KEY);
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x-none: 1",
        "Authorization: Bearer wrong",
        "Authorization: Basic " + KEY,
        "Authorization: Bearer",
        "x-api-key: ",
        "x-api-key: sk-acme-12"
      })
  void withoutAValidKey_is401_beforeTheBody(String header) {
    Gateway gateway = forAcme();
    String request = with(header, Requests.chat("acme/law"));
    String head = request.substring(0, request.indexOf("\r\n\r\n") + 4);

    WireResponse answer = gateways.ask(gateway, head);

    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.errorCode()).isEqualTo("invalid_api_key");
    assertThat(answer.header("www-authenticate")).isEqualTo("Bearer");
    assertThat(answer.header("x-should-retry")).isEqualTo("false");
    assertThat(posts()).isEmpty();
  }

  @Test
  void keyThatExpired_is401() {
    Gateway gateway = gateway(key(KEY, acme(RateLimits.NONE, true), Instant.now().minusSeconds(1)));

    assertThat(gateways.ask(gateway, bearer(Requests.chat("acme/law"))).status()).isEqualTo(401);
  }

  @Test
  void modelThatIsNotAllowed_readsLikeOneThatDoesNotExist() {
    Gateway gateway = forAcme();

    for (String model : List.of("other/law", "base", "secret", "nobody")) {
      WireResponse answer = gateways.ask(gateway, bearer(Requests.chat(model)));

      assertThat(answer.status()).isEqualTo(404);
      assertThat(answer.text())
          .isEqualTo(
              "{\"error\":{\"message\":\"The model `%s` does not exist or you do not have access to it.\","
                      .formatted(model)
                  + "\"type\":\"invalid_request_error\",\"param\":\"model\",\"code\":\"model_not_found\"}}");
    }

    assertThat(posts()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"acme/../other/law", "acme/./law", "acme//law", "acme/..", "../acme", "/acme/x"})
  void nameThatLeadsElsewhereInAFileSystem_isNotLeftToAResolver(String model) {
    Gateway gateway =
        gateways.start(
            Setup.of(server.address())
                .resolver()
                .access(
                    new AccessSettings(
                        true, List.of(key(KEY, acme(RateLimits.NONE, true), null)))));

    assertThat(gateways.ask(gateway, bearer(Requests.chat(model))).status()).isEqualTo(404);

    assertThat(posts()).isEmpty();
  }

  @Test
  void alias_isAuthorisedAsWhatItStandsFor() {
    assertThat(gateways.ask(forAcme(), bearer(Requests.chat("support"))).status()).isEqualTo(200);
  }

  @Test
  void models_areThoseThatTheCallerMayUse() {
    Gateway gateway = forAcme();

    WireResponse list = gateways.ask(gateway, bearer(Requests.get("/v1/models")));

    assertThat(list.json().path("data").findValuesAsText("id"))
        .containsExactlyInAnyOrder("acme/law", "support");
    assertThat(gateways.ask(gateway, bearer(Requests.get("/v1/models/other/law"))).status())
        .isEqualTo(404);
    assertThat(gateways.ask(gateway, Requests.get("/v1/models")).status()).isEqualTo(401);
    assertThat(gateways.ask(gateway, Requests.get("/health")).status()).isEqualTo(200);
  }

  @Test
  void requestsBeyondTheLimit_are429_withWhatIsLeft() {
    Gateway gateway = gateway(key(KEY, acme(new RateLimits(2, 0, 0), true), null));
    String request = bearer(Requests.chat("acme/law"));

    WireResponse first = gateways.ask(gateway, request);
    gateways.ask(gateway, request);
    WireResponse third = gateways.ask(gateway, request);

    assertThat(first.header("x-ratelimit-limit-requests")).isEqualTo("2");
    assertThat(first.header("x-ratelimit-remaining-requests")).isEqualTo("1");
    assertThat(third.status()).isEqualTo(429);
    assertThat(third.errorCode()).isEqualTo("rate_limit_exceeded");
    assertThat(third.header("x-ratelimit-remaining-requests")).isEqualTo("0");
    assertThat(Integer.parseInt(third.header("retry-after"))).isBetween(1, 60);
    assertThat(posts()).hasSize(2);
  }

  private Gateway withTokens(int perMinute, int used) {
    RawUpstream counting =
        gateways.upstream(
            call ->
                call.reply(
                    200,
                    "application/json",
                    "{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":%d}}"
                        .formatted(used - 1)));
    Caller caller =
        new Caller("k", "k", ModelPatterns.ALL, new RateLimits(0, perMinute, 0), null, true);
    return gateways.start(
        Setup.of(counting.address())
            .access(new AccessSettings(true, List.of(key(KEY, caller, null)))));
  }

  @Test
  void tokensThatWereReserved_areGivenBackWhenTheServerCountsFewer() {
    Gateway gateway = withTokens(10_000, 2);

    for (int i = 0; i < 10; i++) {
      WireResponse answer = gateways.ask(gateway, bearer(Requests.chat("base", 4_000)));
      assertThat(answer.status()).isEqualTo(200);
      assertThat(Long.parseLong(answer.header("x-ratelimit-remaining-tokens")))
          .isBetween(5_000L, 6_000L);
    }
  }

  @Test
  void tokensBeyondTheLimit_areRefusedUntilTheyArePaidFor() {
    Gateway gateway = withTokens(10_000, 30_000);
    assertThat(gateways.ask(gateway, bearer(Requests.chat("base", 1))).status()).isEqualTo(200);

    WireResponse refused = gateways.ask(gateway, bearer(Requests.chat("base", 1)));

    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.json().at("/error/message").asText()).contains("tokensPerMinute");
    assertThat(refused.header("x-ratelimit-remaining-tokens")).isEqualTo("0");
    assertThat(refused.header("retry-after")).isEqualTo("60");
  }

  @Test
  void detailsOfTheRouting_areHiddenFromAKeyWithoutThem() {
    Gateway gateway = gateway(key(KEY, acme(RateLimits.NONE, false), null));

    WireResponse answer = gateways.ask(gateway, bearer(Requests.chat("acme/law")));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("x-request-id")).isNotNull();
    assertThat(answer.header("x-gateway-endpoint")).isNull();
    assertThat(answer.header("x-gateway-tier")).isNull();
    assertThat(answer.header("x-gateway-attempts")).isNull();
  }

  @Test
  void keyThatIsRevoked_is401AtOnce() {
    Gateway gateway = forAcme();
    WireClient client = gateways.client(gateway);
    assertThat(client.send(bearer(Requests.chat("acme/law"))).read().status()).isEqualTo(200);

    gateway.reload(Setup.of(server.address()).access(new AccessSettings(true, List.of())).build());

    assertThat(client.send(bearer(Requests.chat("acme/law"))).read().status()).isEqualTo(401);
  }
}
