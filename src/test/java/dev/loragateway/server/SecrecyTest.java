package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static dev.loragateway.server.GatewayExtension.admin;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import dev.loragateway.access.AccessSettings;
import dev.loragateway.access.ApiKey;
import dev.loragateway.access.Caller;
import dev.loragateway.access.Issuer;
import dev.loragateway.access.ModelPatterns;
import dev.loragateway.access.RateLimits;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Keys, prompts and answers are nowhere but where they belong, however a request ends: not in the
 * log at its most talkative, the metrics, the state or an error.
 */
final class SecrecyTest {
  /** Part of everything that is secret here. */
  private static final String SECRET = "hush7f3a";

  private static final String CLIENT_KEY = "Authorization: Bearer key-" + SECRET;
  private static final String TOKEN = "token-" + SECRET;
  private static final String ANSWER = "{\"text\":\"" + SECRET + "\"}";
  private static final String[] ROUTES = {
    "/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses", "/v1/messages"
  };

  /** What a server does with a request; the last three answer nothing that the client could see. */
  private static final Map<String, RawUpstream.Script> SCRIPTS =
      Map.ofEntries(
          Map.entry("good", call -> call.reply(200, "application/json", ANSWER)),
          Map.entry("bad-400", call -> call.reply(400, "application/json", ANSWER)),
          Map.entry("bad-404", call -> call.reply(404, "application/json", ANSWER)),
          Map.entry("bad-500", call -> call.reply(500, "text/plain", SECRET)),
          Map.entry("bad-503", call -> call.reply(503, "text/plain", SECRET)),
          Map.entry(
              "stream",
              call -> call.stream().chunk(event(SECRET)).chunk(event("[DONE]")).chunk("")),
          Map.entry(
              "failed-stream",
              call -> call.stream().chunk(event("{\"error\":\"" + SECRET + "\"}")).chunk("")),
          Map.entry(
              "torn-stream",
              call -> {
                call.stream().chunk(event(SECRET));
                call.reset();
              }),
          Map.entry("own-none", call -> call.awaitEnd()),
          Map.entry("own-reset", RawUpstream.Call::reset),
          Map.entry(
              "own-garbage",
              call -> {
                call.write(SECRET + " " + SECRET + " " + SECRET + "\r\n\r\n");
                call.close();
              }),
          Map.entry(
              "own-headers",
              call -> {
                call.write("HTTP/1.1 200 OK\r\nX: " + SECRET.repeat(20_000) + "\r\n\r\n");
                call.close();
              }),
          Map.entry(
              "own-chunks",
              call -> {
                call.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                call.write(SECRET + "\r\n");
                call.close();
              }));

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private final List<String> errors = new ArrayList<>();
  private RawUpstream server;
  private CapturedLog log;

  @BeforeEach
  void start() {
    log = CapturedLog.ofAll();
    server =
        gateways.upstream(
            call -> {
              for (Map.Entry<String, RawUpstream.Script> script : SCRIPTS.entrySet()) {
                if (call.body().contains("script:" + script.getKey() + ";")) {
                  script.getValue().answer(call);
                  return;
                }
              }
              throw new AssertionError(call.body());
            });
  }

  @AfterEach
  void stop() {
    log.close();
  }

  private static String event(String data) {
    return "data: " + data + "\n\n";
  }

  private static String body(String script, boolean stream) {
    return "{\"model\":\"lora\",\"stream\":%s,\"prompt\":\"%s script:%s;\",\"max_tokens\":2}"
        .formatted(stream, SECRET, script);
  }

  private Setup setup() {
    return Setup.of(server.address())
        .firstByte(Duration.ofMillis(300))
        .adminToken(TOKEN)
        .bodyLimit(10_000);
  }

  private Gateway start(Setup setup) {
    Gateway gateway = gateways.launch(setup);
    await().atMost(SOON).until(gateway::ready);
    return gateway;
  }

  private void expectSecrecy(Gateway gateway) {
    String state = admin(gateway, "/api/state", "Authorization: Bearer " + TOKEN).text();
    assertThat(state).contains(server.address()).doesNotContain(SECRET);
    assertThat(admin(gateway, "/api/state", "Authorization: Bearer " + SECRET).text())
        .contains("token")
        .doesNotContain(SECRET);
    assertThat(admin(gateway, "/metrics").text()).contains("lora_gateway_").doesNotContain(SECRET);
    assertThat(errors).isNotEmpty().allSatisfy(e -> assertThat(e).doesNotContain(SECRET));
    assertThat(log.events()).extracting(ILoggingEvent::getLevel).contains(Level.TRACE);
    assertThat(log.text()).contains(server.address()).doesNotContain(SECRET);
  }

  private void askForEverything(Gateway gateway) {
    askForEverything(gateway, CLIENT_KEY);
  }

  private void askForEverything(Gateway gateway, String credential) {
    SCRIPTS
        .keySet()
        .forEach(
            script -> {
              for (String route : ROUTES) {
                for (boolean stream : new boolean[] {false, true}) {
                  WireResponse answer =
                      gateways.ask(gateway, Requests.post(route, body(script, stream), credential));
                  if (script.startsWith("own")) {
                    assertThat(answer.status()).as(script).isGreaterThanOrEqualTo(500);
                    errors.add(answer.text());
                  } else {
                    assertThat(answer.text()).as(script).contains(SECRET);
                  }
                }
              }
            });
  }

  @Test
  void keysOfClients_whichPassOn_andWhatIsAskedAndAnswered_areNotTold() {
    Gateway gateway = start(setup());

    askForEverything(gateway);

    assertThat(server.calls().getFirst().headers("authorization")).hasSize(1);
    expectSecrecy(gateway);
  }

  @Test
  void keysOfTheGatewayAndOfThePool_areNotTold() throws Exception {
    String hash =
        HexFormat.of()
            .formatHex(
                MessageDigest.getInstance("SHA-256").digest(("key-" + SECRET).getBytes(UTF_8)));
    Caller caller = new Caller("me", "me", ModelPatterns.ALL, RateLimits.NONE, null, true);
    Gateway gateway =
        start(
            setup()
                .apiKey("pool-" + SECRET)
                .access(new AccessSettings(true, List.of(new ApiKey(caller, hash, null)))));

    askForEverything(gateway);

    assertThat(server.calls().getFirst().headers("authorization"))
        .containsExactly("Bearer pool-" + SECRET);
    expectSecrecy(gateway);
  }

  @Test
  void tokens_goodOnesAndWrongOnes_areNotTold() {
    Issuer issuer = Issuer.rsa("k");
    String good = issuer.token("me", claims -> claims.claim("note", SECRET));
    List<String> wrong =
        List.of(
            Issuer.rsa("k").token("me"),
            Issuer.rsa("other").token("me"),
            issuer.token("me", claims -> claims.audience(SECRET)),
            issuer.token("me", claims -> claims.expirationTime(null)),
            issuer.token(SECRET + "\n"),
            SECRET + "." + SECRET + "." + SECRET,
            good + SECRET.repeat(1_000));
    Gateway gateway =
        start(
            setup()
                .apiKey("pool-" + SECRET)
                .access(new AccessSettings(true, List.of(), null, Issuer.settings(issuer))));

    askForEverything(gateway, "Authorization: Bearer " + good);
    for (String token : wrong) {
      String request =
          Requests.post(ROUTES[0], body("good", false), "Authorization: Bearer " + token);
      WireResponse answer = gateways.ask(gateway, request);
      assertThat(answer.status()).isEqualTo(401);
      errors.add(answer.text());
    }

    expectSecrecy(gateway);
    String told = log.text() + errors + admin(gateway, "/metrics").text();
    for (String token : List.of(good, wrong.get(0), wrong.get(1), wrong.get(2), wrong.get(3))) {
      assertThat(told).doesNotContain(token.split("\\.", -1));
    }
  }

  @Test
  void requestsThatAreRefused_areNotTold() {
    Gateway keyed = start(setup().access(new AccessSettings(true, List.of())));
    Gateway open = start(setup());
    for (String route : ROUTES) {
      errors.add(gateways.ask(keyed, Requests.post(route, body("good", true), CLIENT_KEY)).text());
      for (String body :
          new String[] {
            "{\"model\":\"lora\",\"prompt\":\"" + SECRET,
            "{\"prompt\":\"" + SECRET + "\"}",
            "{\"model\":\"lora\",\"prompt\":" + SECRET + "}",
            "{\"model\":\"nobody\",\"prompt\":\"" + SECRET + "\"}",
            "\"" + SECRET + "\"",
            body("good", false).replace(SECRET, SECRET.repeat(2_000))
          }) {
        WireResponse answer = gateways.ask(open, Requests.post(route, body, CLIENT_KEY));
        assertThat(answer.status()).as(body).isBetween(400, 499);
        errors.add(answer.text());
      }
    }
    for (String head :
        new String[] {
          "POST /v1/completions HTTP/1.1\r\nHost: a\r\nAuthorization " + SECRET + "\r\n\r\n",
          "POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n",
          SECRET + "\r\n\r\n",
          "GET /v1/models HTTP/1.1\r\nHost: a\r\nX: " + SECRET.repeat(20_000) + "\r\n\r\n"
        }) {
      errors.add(gateways.ask(open, head).text());
    }

    assertThat(server.calls()).isEmpty();
    expectSecrecy(open);
    expectSecrecy(keyed);
  }
}
