package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.registry.RoutingPolicy;
import dev.loragateway.sim.SimFault;
import dev.loragateway.sim.SimulatedServer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Model servers that fail before anything of their answer has gone to the client. */
final class FaultTest {
  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static String ok(String body) {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  /** Asks until the request went to that server first. */
  private static WireResponse chatVia(Gateway gateway, RawUpstream first) {
    int before = first.calls().size();
    for (int i = 0; i < 50; i++) {
      WireResponse answer = gateways.chat(gateway, "lora");
      if (first.calls().size() > before) {
        return answer;
      }
    }
    throw new AssertionError("no request went to " + first.address());
  }

  private Gateway between(RawUpstream bad, RawUpstream good) {
    return gateways.start(
        Setup.of(bad.address(), good.address()).policy(RoutingPolicy.ROUND_ROBIN));
  }

  private RawUpstream good() {
    return gateways.upstream(call -> call.write(ok("{\"good\":1}")));
  }

  @Test
  void refuses_requestGoesElsewhere() {
    SimulatedServer a = gateways.simulator("base", "lora");
    SimulatedServer b = gateways.simulator("base", "lora");
    Gateway gateway = gateways.start(Setup.of(a.address(), b.address()).policy(RoutingPolicy.HASH));
    String home = gateways.chat(gateway, "lora").endpoint();
    SimulatedServer first = home.equals(a.address()) ? a : b;

    first.faults().on(SimFault.REFUSE);
    WireResponse answer = gateways.chat(gateway, "lora");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.endpoint()).isNotEqualTo(home);
  }

  @Test
  void resetsBeforeResponse_requestGoesElsewhere() {
    RawUpstream bad = gateways.upstream(RawUpstream.Call::reset);
    Gateway gateway = between(bad, good());

    WireResponse answer = chatVia(gateway, bad);

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("x-gateway-attempts")).isEqualTo("2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 10\r\n\r\n{"
      })
  void answersGarbageOrNothingUseful_requestGoesElsewhere(String bytes) {
    RawUpstream bad =
        gateways.upstream(
            call -> {
              call.write(bytes);
              call.close();
            });
    Gateway gateway = between(bad, good());

    WireResponse answer = chatVia(gateway, bad);

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).isEqualTo("{\"good\":1}");
    assertThat(answer.header("x-gateway-attempts")).isEqualTo("2");
  }

  @Test
  void turnsAwayWith503_requestGoesElsewhere() {
    RawUpstream bad =
        gateways.upstream(
            call ->
                call.write(
                    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 8\r\n\r\nshutting"));
    Gateway gateway = between(bad, good());

    WireResponse answer = chatVia(gateway, bad);

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).isEqualTo("{\"good\":1}");
    assertThat(answer.header("x-gateway-attempts")).isEqualTo("2");
  }

  @Test
  void turnsAwayWithABodyThatDoesNotEnd_requestGoesElsewhere_andTheConnectionIsClosed() {
    CountDownLatch closed = new CountDownLatch(1);
    RawUpstream bad =
        gateways.upstream(
            call -> {
              call.write("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 99\r\n\r\nshut");
              call.awaitEnd();
              closed.countDown();
            });
    Gateway gateway = between(bad, good());

    WireResponse answer = chatVia(gateway, bad);

    assertThat(answer.status()).isEqualTo(200);
    await().atMost(SOON).until(() -> closed.getCount() == 0);
  }

  @Test
  void streamBeginsWithTheServersError_requestGoesElsewhere() {
    RawUpstream bad =
        gateways.upstream(
            call ->
                call.stream()
                    .chunk(": ping\n\n")
                    .chunk("data: {\"error\":{\"code\":500,")
                    .chunk("\"message\":\"dead\"}}\n\n")
                    .chunk("data: [DONE]\n\n")
                    .chunk(""));
    Gateway gateway = between(bad, good());

    WireResponse answer = chatVia(gateway, bad);

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).isEqualTo("{\"good\":1}");
    assertThat(answer.header("x-gateway-attempts")).isEqualTo("2");
  }

  @Test
  void streamBeginsWithTheServersError_nobodyElse_passesVerbatim() {
    String events = ": ping\n\ndata: {\"error\":{\"code\":500}}\n\ndata: [DONE]\n\n";
    RawUpstream bad = gateways.upstream(call -> call.stream().chunk(events).chunk(""));
    Gateway gateway = gateways.start(Setup.of(bad.address()));

    WireResponse answer = gateways.ask(gateway, Requests.stream("lora", 1));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).isEqualTo(events);
    assertThat(answer.header("x-gateway-attempts")).isEqualTo("1");
  }

  @Test
  void streamBeginsWithAnErrorOfTheRequest_passesVerbatim() {
    String events = "data: {\"error\":{\"code\":400}}\n\ndata: [DONE]\n\n";
    RawUpstream bad = gateways.upstream(call -> call.stream().chunk(events).chunk(""));
    Gateway gateway = between(bad, good());

    WireResponse answer = chatVia(gateway, bad);

    assertThat(answer.text()).isEqualTo(events);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 10\r\n\r\nabc",
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
      })
  void shortAnswerBreaksOff_requestGoesElsewhere(String bytes) {
    RawUpstream bad =
        gateways.upstream(
            call -> {
              call.write("HTTP/1.1 200 OK\r\n" + bytes);
              call.close();
            });
    Gateway gateway = between(bad, good());

    WireResponse answer = chatVia(gateway, bad);

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).isEqualTo("{\"good\":1}");
  }

  @Test
  void shortAnswerBreaksOff_nobodyElse_is502() {
    RawUpstream bad =
        gateways.upstream(
            call -> {
              call.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
              call.close();
            });
    Gateway gateway = gateways.start(Setup.of(bad.address()));

    WireResponse answer = gateways.chat(gateway, "lora");

    assertThat(answer.status()).isEqualTo(502);
    assertThat(answer.whole()).isTrue();
  }

  @Test
  void switchesProtocols_requestGoesElsewhere() {
    RawUpstream bad =
        gateways.upstream(
            call ->
                call.write(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
                        + "bytes of x"));
    Gateway gateway = between(bad, good());

    WireResponse answer = chatVia(gateway, bad);

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).isEqualTo("{\"good\":1}");
  }

  @Test
  void resetsBeforeResponse_requestToAnAlias_isRewrittenAgain() {
    RawUpstream bad = gateways.upstream(RawUpstream.Call::reset);
    RawUpstream good = good();
    Gateway gateway =
        gateways.start(
            Setup.of(bad.address(), good.address())
                .policy(RoutingPolicy.ROUND_ROBIN)
                .aliases(Map.of("other", "lora")));

    for (int i = 0; i < 2; i++) {
      assertThat(gateways.chat(gateway, "other").status()).isEqualTo(200);
    }

    assertThat(bad.calls()).isNotEmpty();
    assertThat(good.calls())
        .hasSize(2)
        .allSatisfy(call -> assertThat(call.body()).contains("\"model\":\"lora\""));
  }

  @Test
  void speaksUnasked_theIdleConnectionIsGivenUp() {
    AtomicInteger requests = new AtomicInteger();
    RawUpstream chatty =
        gateways.upstream(
            call -> {
              call.write(ok("{}"));
              if (requests.incrementAndGet() == 1) {
                call.write("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n").awaitEnd();
              }
            });
    Gateway gateway = gateways.start(Setup.of(chatty.address()));
    WireClient client = gateways.client(gateway);

    for (int i = 0; i < 3; i++) {
      assertThat(client.send(Requests.chat("lora")).read().text()).isEqualTo("{}");
    }
  }

  @Test
  void everyServerFails_is502NamingTheReason() {
    RawUpstream bad = gateways.upstream(RawUpstream.Call::reset);
    Gateway gateway = gateways.start(Setup.of(bad.address()));

    WireResponse answer = gateways.chat(gateway, "lora");

    assertThat(answer.status()).isEqualTo(502);
    assertThat(answer.errorCode()).isEqualTo("upstream_failed");
    assertThat(GatewayExtension.inFlight(gateway)).isZero();
  }

  @Test
  void retries_areBoundedPerRequest() {
    RawUpstream[] bad = new RawUpstream[5];
    String[] addresses = new String[bad.length];
    for (int i = 0; i < bad.length; i++) {
      bad[i] = gateways.upstream(RawUpstream.Call::reset);
      addresses[i] = bad[i].address();
    }
    Gateway gateway = gateways.start(Setup.of(addresses).maxRetries(2));

    assertThat(gateways.chat(gateway, "lora").status()).isEqualTo(502);

    int calls = 0;
    for (RawUpstream each : bad) {
      calls += each.calls().size();
    }
    assertThat(calls).isEqualTo(3);
  }

  @Test
  void hangs_is504AndTheConnectionIsClosed() {
    CountDownLatch closed = new CountDownLatch(1);
    RawUpstream hanging =
        gateways.upstream(
            call -> {
              call.awaitEnd();
              closed.countDown();
            });
    Gateway gateway = gateways.start(Setup.of(hanging.address()).firstByte(Duration.ofMillis(200)));
    WireClient client = gateways.client(gateway);

    WireResponse answer = client.send(Requests.chat("lora")).read();

    assertThat(answer.status()).isEqualTo(504);
    assertThat(answer.errorCode()).isEqualTo("first_byte_timeout");
    await().atMost(SOON).until(() -> closed.getCount() == 0);
    assertThat(GatewayExtension.inFlight(gateway)).isZero();
    assertThat(client.send(Requests.get("/v1/models")).read().status()).isEqualTo(200);
  }

  @Test
  void hangsAfterStreamHead_is504() {
    RawUpstream hanging = gateways.upstream(call -> call.stream().awaitEnd());
    Gateway gateway = gateways.start(Setup.of(hanging.address()).firstByte(Duration.ofMillis(200)));

    assertThat(gateways.ask(gateway, Requests.stream("lora", 1)).status()).isEqualTo(504);
  }

  @Test
  void totalTimeout_isOverall() {
    RawUpstream hanging = gateways.upstream(RawUpstream.Call::awaitEnd);
    Gateway gateway = gateways.start(Setup.of(hanging.address()).total(Duration.ofMillis(200)));

    assertThat(gateways.chat(gateway, "lora").status()).isEqualTo(504);
  }

  @Test
  void closesKeptConnectionBetweenRequests_requestSucceeds() {
    RawUpstream closing =
        gateways.upstream(
            call -> {
              call.write(ok("{}"));
              call.close();
            });
    Gateway gateway = gateways.start(Setup.of(closing.address()));
    WireClient client = gateways.client(gateway);

    for (int i = 0; i < 20; i++) {
      assertThat(client.send(Requests.chat("lora")).read().status()).isEqualTo(200);
    }
  }

  /** The server reads the second request on a kept connection and closes it without an answer. */
  @Test
  void keptConnectionGoesStale_requestSucceedsOnAFreshOne() {
    AtomicInteger requests = new AtomicInteger();
    RawUpstream stale =
        gateways.upstream(
            call -> {
              if (requests.incrementAndGet() == 2) {
                call.close();
              } else {
                call.write(ok("{}"));
              }
            });
    Gateway gateway = gateways.start(Setup.of(stale.address()));
    WireClient client = gateways.client(gateway);
    assertThat(client.send(Requests.chat("lora")).read().status()).isEqualTo(200);

    WireResponse second = client.send(Requests.chat("lora")).read();

    assertThat(second.status()).isEqualTo(200);
    assertThat(second.header("x-gateway-attempts")).isEqualTo("2");
    assertThat(requests).hasValue(3);
  }

  @Test
  void interimAnswers_areSkipped() {
    RawUpstream eager =
        gateways.upstream(
            call ->
                call.write(
                    "HTTP/1.1 100 Continue\r\n\r\n"
                        + "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                        + ok("{}")));
    WireClient client = gateways.client(gateways.start(Setup.of(eager.address())));

    for (int i = 0; i < 2; i++) {
      WireResponse answer = client.send(Requests.chat("lora")).read();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.text()).isEqualTo("{}");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 404, 409, 422, 429, 500, 503})
  void errorOfTheServer_passesVerbatim(int status) {
    String body = "{\"error\": \"mine\" ,  \"code\":" + status + "}";
    RawUpstream failing =
        gateways.upstream(
            call ->
                call.write(
                    "HTTP/1.1 %d Odd\r\nContent-Type: text/x-odd\r\nRetry-After: 7\r\nContent-Length: %d\r\n\r\n%s"
                        .formatted(status, body.length(), body)));
    Gateway gateway = gateways.start(Setup.of(failing.address()));

    WireResponse answer = gateways.chat(gateway, "lora");

    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.text()).isEqualTo(body);
    assertThat(answer.header("content-type")).isEqualTo("text/x-odd");
    assertThat(answer.header("retry-after")).isEqualTo("7");
    assertThat(answer.header("x-gateway-attempts")).isEqualTo("1");
  }

  @Test
  void error_ofMessages_hasAnthropicsShape() {
    SimulatedServer server = gateways.simulator("base");
    Gateway gateway = gateways.start(Setup.of(server.address()));

    WireResponse answer =
        gateways.ask(gateway, Requests.post("/v1/messages", Requests.chatBody("nobody", 1, false)));

    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.json().path("type").asText()).isEqualTo("error");
    assertThat(answer.json().at("/error/type").asText()).isEqualTo("not_found_error");
  }

  @Test
  void allDown_is503WithRetryAfter() {
    SimulatedServer server = gateways.simulator("base", "lora");
    Gateway gateway = gateways.start(Setup.of(server.address()));
    server.faults().on(SimFault.REFUSE);
    await()
        .atMost(SOON)
        .until(
            () -> {
              gateways.chat(gateway, "lora");
              return GatewayExtension.endpoint(gateway, server.address())
                  .path("health")
                  .asText()
                  .equals("down");
            });

    WireResponse answer = gateways.chat(gateway, "lora");

    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.errorCode()).isEqualTo("no_endpoint_ready");
    assertThat(answer.header("retry-after")).isEqualTo("1");
  }

  /** Two answers at once must not let the second one answer the next request. */
  @Test
  void answersTwice_theSecondAnswerReachesNobody() {
    RawUpstream doubling = gateways.upstream(call -> call.write(ok("{\"n\":1}") + ok("{\"n\":2}")));
    WireClient client = gateways.client(gateways.start(Setup.of(doubling.address())));

    client.send(Requests.chat("lora").repeat(3));

    for (int i = 0; i < 3; i++) {
      assertThat(client.read().text()).isEqualTo("{\"n\":1}");
    }
  }
}
