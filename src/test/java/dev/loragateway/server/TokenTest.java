package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static dev.loragateway.server.GatewayExtension.admin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.loragateway.access.AccessSettings;
import dev.loragateway.access.Caller;
import dev.loragateway.access.Issuer;
import dev.loragateway.access.JwksServer;
import dev.loragateway.access.JwtSettings;
import dev.loragateway.access.JwtSettings.Claims;
import dev.loragateway.access.JwtSettings.KeySource;
import dev.loragateway.access.ModelPatterns;
import dev.loragateway.access.RateLimits;
import dev.loragateway.config.ConfigLoader;
import dev.loragateway.config.ConfigResult;
import dev.loragateway.config.ConfigWatcher;
import dev.loragateway.config.GatewayConfig;
import dev.loragateway.sim.SimRequest;
import dev.loragateway.sim.SimulatedServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Callers who prove by tokens who they are. */
class TokenTest {
  private static final Issuer OLD = Issuer.rsa("old");
  private static final Issuer NEW = Issuer.ec("new");
  private static final Issuer STRANGER = Issuer.rsa("old");

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private SimulatedServer server;

  @BeforeEach
  void start() {
    server = gateways.simulator("base", "acme/law", "other/law");
  }

  private static AccessSettings access(JwtSettings jwt) {
    return new AccessSettings(true, List.of(), null, jwt);
  }

  private Setup setup(JwtSettings jwt) {
    return Setup.of(server.address()).access(access(jwt));
  }

  private Gateway gateway() {
    return gateways.start(setup(Issuer.settings(OLD)));
  }

  static String chat(String token, String model) {
    return Requests.post(
        "/v1/chat/completions",
        Requests.chatBody(model, 2, false),
        "Authorization: Bearer " + token);
  }

  private WireResponse ask(Gateway gateway, String token) {
    return gateways.ask(gateway, chat(token, "base"));
  }

  private List<SimRequest> posts() {
    return server.requests().stream().filter(r -> r.method().equals("POST")).toList();
  }

  @Test
  void token_opens_andDoesNotGoUpstream() {
    Gateway gateway = gateway();
    String token = OLD.token("alice");

    for (int i = 0; i < 2; i++) {
      assertThat(ask(gateway, token).status()).isEqualTo(200);
    }
    String other =
        Requests.post(
            "/v1/chat/completions", Requests.chatBody("base", 2, false), "x-api-key: " + token);
    assertThat(gateways.ask(gateway, other).status()).isEqualTo(200);

    assertThat(posts()).hasSize(3);
    assertThat(posts())
        .allSatisfy(
            request -> {
              assertThat(request.headers()).doesNotContainKeys("authorization", "x-api-key");
              assertThat(request.toString()).doesNotContain(token);
            });
  }

  static List<UnaryOperator<JWTClaimsSet.Builder>> wrongClaims() {
    return List.of(
        c -> c.issuer("https://other.test/"),
        c -> c.audience("other"),
        c -> c.expirationTime(null),
        c -> c.expirationTime(Date.from(Instant.now().minusSeconds(60))),
        c -> c.notBeforeTime(Date.from(Instant.now().plusSeconds(60))),
        c -> c.subject(null));
  }

  @ParameterizedTest
  @MethodSource("wrongClaims")
  void tokenOfOthers_is401(UnaryOperator<JWTClaimsSet.Builder> wrong) {
    expect401(ask(gateway(), OLD.token("alice", wrong)), OLD.token("alice"));
  }

  @Test
  void tokenThatNobodySigned_is401() {
    Gateway gateway = gateway();
    String good = OLD.token("alice");
    String none = "eyJhbGciOiJub25lIn0." + good.split("\\.", -1)[1] + ".";

    for (String token : List.of(STRANGER.token("alice"), NEW.token("alice"), none, "a.b.c", "..")) {
      expect401(ask(gateway, token), token);
    }
    assertThat(posts()).isEmpty();
  }

  private static void expect401(WireResponse answer, String token) {
    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.errorCode()).isEqualTo("invalid_api_key");
    assertThat(answer.header("www-authenticate")).isEqualTo("Bearer");
    assertThat(answer.text()).doesNotContain(token);
  }

  @Test
  void tokenThatIsHuge_is401() {
    Gateway gateway = gateway();
    String huge = OLD.token("alice", c -> c.claim("groups", "x".repeat(9_000)));

    expect401(ask(gateway, huge), huge);
    assertThat(ask(gateway, huge.repeat(3)).status()).isEqualTo(431);
  }

  @Test
  void models_areThoseOfTheToken() {
    JwtSettings jwt =
        Issuer.settings(Issuer.settings(OLD).keys(), new Claims("org", "models", null));
    Gateway gateway =
        gateways.start(setup(jwt).aliases(Map.of("support", "acme/law", "secret", "other/law")));
    String token = OLD.token("alice", c -> c.claim("models", List.of("acme/*")));
    String list = Requests.get("/v1/models", "Authorization: Bearer " + token);

    for (String model : List.of("acme/law", "support")) {
      assertThat(gateways.ask(gateway, chat(token, model)).status()).isEqualTo(200);
    }
    for (String model : List.of("other/law", "base", "secret", "nobody")) {
      WireResponse answer = gateways.ask(gateway, chat(token, model));
      assertThat(answer.status()).isEqualTo(404);
      assertThat(answer.errorCode()).isEqualTo("model_not_found");
    }
    assertThat(gateways.ask(gateway, list).json().path("data").findValuesAsText("id"))
        .containsExactlyInAnyOrder("acme/law", "support");
    assertThat(gateways.ask(gateway, chat(OLD.token("bob"), "acme/law")).status()).isEqualTo(404);
  }

  @Test
  void limits_areOfEachSubject_andNotOfAKeyOfThatName() {
    JwtSettings j = Issuer.settings(OLD);
    RateLimits one = new RateLimits(1, 0, 0);
    JwtSettings limited =
        new JwtSettings(
            j.issuer(),
            j.audience(),
            j.keys(),
            j.algorithms(),
            j.clockSkew(),
            j.claims(),
            one,
            true);
    Caller alice = new Caller("alice", "t", ModelPatterns.ALL, one, null, true);
    AccessSettings both =
        new AccessSettings(true, List.of(AccessTest.key("sk-1", alice, null)), null, limited);
    Gateway gateway = gateways.start(Setup.of(server.address()).access(both));

    WireResponse first = ask(gateway, OLD.token("alice"));
    WireResponse second = ask(gateway, OLD.token("alice", c -> c.claim("x", 1)));

    assertThat(first.status()).isEqualTo(200);
    assertThat(first.header("x-ratelimit-limit-requests")).isEqualTo("1");
    assertThat(first.header("x-ratelimit-remaining-requests")).isEqualTo("0");
    assertThat(second.status()).isEqualTo(429);
    assertThat(second.errorCode()).isEqualTo("rate_limit_exceeded");
    assertThat(ask(gateway, OLD.token("bob")).status()).isEqualTo(200);
    assertThat(ask(gateway, "sk-1").status()).isEqualTo(200);
    assertThat(ask(gateway, "sk-1").status()).isEqualTo(429);
  }

  @Test
  void issuer_thatIsDownAtTheStart_isAskedUntilItIsUp() {
    JwksServer before = new JwksServer(Issuer.jwks(OLD));
    JwtSettings jwt = before.settings();
    before.close();
    Gateway gateway = gateways.launch(setup(jwt));
    await()
        .atMost(SOON)
        .until(
            () -> GatewayExtension.endpoint(gateway, server.address()).path("health").asText(),
            "up"::equals);

    WireResponse early = ask(gateway, OLD.token("alice"));
    assertThat(early.status()).isEqualTo(503);
    assertThat(early.errorCode()).isEqualTo("authentication_unavailable");
    assertThat(early.header("retry-after")).isEqualTo("1");
    assertThat(gateways.ask(gateway, Requests.chat("base")).status()).isEqualTo(401);
    assertThat(gateways.ask(gateway, Requests.get("/health")).status()).isEqualTo(503);
    assertThat(admin(gateway, "/readyz").text()).contains("the keys of access were not read");
    assertThat(current(gateway, "jwksUrl")).isEqualTo("0.0");
    gateways.closing(new JwksServer(Issuer.jwks(OLD), before.port()));

    await().atMost(SOON).until(gateway::ready);
    assertThat(ask(gateway, OLD.token("alice")).status()).isEqualTo(200);
    assertThat(admin(gateway, "/readyz").status()).isEqualTo(200);
    assertThat(current(gateway, "jwksUrl")).isEqualTo("1.0");
  }

  static String current(Gateway gateway, String source) {
    String name = "lora_gateway_access_source_current{source=\"" + source + "\"} ";
    return admin(gateway, "/metrics")
        .text()
        .lines()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()))
        .findFirst()
        .orElse("none");
  }

  @Test
  void key_thatIsNew_isFetchedWhenATokenNamesIt() {
    JwksServer issuer = gateways.closing(new JwksServer(Issuer.jwks(OLD)));
    Gateway gateway = gateways.start(setup(issuer.settings()));
    assertThat(ask(gateway, OLD.token("alice")).status()).isEqualTo(200);

    issuer.publish(Issuer.jwks(NEW));

    assertThat(ask(gateway, NEW.token("alice")).status()).isEqualTo(200);
    assertThat(issuer.asked()).isEqualTo(2);
    expect401(ask(gateway, OLD.token("alice")), OLD.token("alice"));
    assertThat(issuer.asked()).isEqualTo(2);
  }

  @Test
  void issuer_thatCannotBeReachedLater_keepsItsKeys() {
    JwksServer issuer = gateways.closing(new JwksServer(Issuer.jwks(OLD)));
    Gateway gateway = gateways.start(setup(issuer.settings()));
    issuer.answerWith(500);

    WireResponse unknown = ask(gateway, NEW.token("alice"));

    assertThat(unknown.status()).isEqualTo(503);
    assertThat(unknown.errorCode()).isEqualTo("authentication_unavailable");
    assertThat(current(gateway, "jwksUrl")).isEqualTo("0.0");
    assertThat(ask(gateway, OLD.token("alice")).status()).isEqualTo(200);
    assertThat(gateway.ready()).isTrue();
  }

  @Test
  void reload_ofOtherSettings_needsNoOtherFetch() {
    JwksServer issuer = gateways.closing(new JwksServer(Issuer.jwks(OLD)));
    Gateway gateway = gateways.start(setup(issuer.settings()));
    JwtSettings j = issuer.settings();
    issuer.hold();

    gateway.reload(setup(changed(j, "another", j.keys())).build());

    expect401(ask(gateway, OLD.token("alice")), OLD.token("alice"));
    assertThat(ask(gateway, OLD.token("alice", c -> c.audience("another"))).status())
        .isEqualTo(200);
    assertThat(issuer.asked()).isEqualTo(1);
  }

  private static JwtSettings changed(JwtSettings j, String audience, KeySource keys) {
    return new JwtSettings(
        j.issuer(),
        audience,
        keys,
        j.algorithms(),
        j.clockSkew(),
        j.claims(),
        j.limits(),
        j.details());
  }

  @Test
  void reload_ofAnotherInterval_keepsTheKeysThatAreKnown() {
    JwksServer issuer = gateways.closing(new JwksServer(Issuer.jwks(OLD)));
    Gateway gateway = gateways.start(setup(issuer.settings()));
    JwtSettings j = issuer.settings();
    KeySource.Url url = (KeySource.Url) j.keys();
    issuer.hold();

    KeySource other = new KeySource.Url(url.url(), url.ca(), url.interval().plusSeconds(1));
    gateway.reload(setup(changed(j, j.audience(), other)).build());

    assertThat(ask(gateway, OLD.token("alice")).status()).isEqualTo(200);
  }

  @Test
  void fileOfKeys_isRotatedWhileRequestsCome_noneFails(@TempDir Path directory) throws IOException {
    write(directory, Issuer.jwks(OLD));
    Path file =
        Files.writeString(
            directory.resolve("gateway.yaml"),
            """
            listen: 127.0.0.1:0
            admin: { listen: 127.0.0.1:0 }
            pools: [ { name: p, baseModel: base, endpoints: [ "http://%s" ] } ]
            access: { jwt: { issuer: "%s", audience: %s, jwksFile: jwks.json } }
            """
                .formatted(server.address(), Issuer.NAME, Issuer.AUDIENCE));
    GatewayConfig config = ((ConfigResult.Valid) ConfigLoader.load(file, Map.of())).config();
    Gateway gateway = gateways.launch(config);
    gateways.closing(ConfigWatcher.start(file, Map.of(), config, new ServeCommand.Reload(gateway)));
    await().atMost(SOON).until(gateway::ready);
    Set<Integer> statuses = new HashSet<>();
    WireClient client = gateways.client(gateway);
    String old = chat(OLD.token("alice"), "base");
    String next = chat(NEW.token("alice"), "base");
    for (int i = 0; i < 20; i++) {
      statuses.add(client.send(old).read().status());
    }

    write(directory, Issuer.jwks(OLD, NEW));
    await()
        .atMost(SOON)
        .until(
            () -> {
              statuses.add(client.send(old).read().status());
              return gateways.ask(gateway, next).status() == 200;
            });
    write(directory, Issuer.jwks(NEW));
    await()
        .atMost(SOON)
        .until(
            () -> {
              statuses.add(client.send(next).read().status());
              return gateways.ask(gateway, old).status() == 401;
            });
    assertThat(statuses).containsExactly(200);

    write(directory, "{");
    await().atMost(SOON).until(() -> current(gateway, "files"), "0.0"::equals);
    assertThat(client.send(next).read().status()).isEqualTo(200);
  }

  private static void write(Path directory, String jwks) throws IOException {
    Path next = Files.writeString(directory.resolve("next"), jwks);
    Files.move(next, directory.resolve("jwks.json"), StandardCopyOption.ATOMIC_MOVE);
  }
}
