package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.sim.SimulatedServer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Connections to model servers: kept, given up, and found dead. */
final class UpstreamReuseTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static long connections(RawUpstream server) {
    return server.calls().stream().mapToInt(RawUpstream.Call::connection).distinct().count();
  }

  private static void ask(WireClient client, int requests) {
    for (int i = 0; i < requests; i++) {
      assertThat(client.send(Requests.chat("lora")).read().status()).isEqualTo(200);
    }
  }

  @Test
  void requests_ofOneClient_shareAConnection() {
    RawUpstream server = gateways.upstream(call -> call.write(OK));
    WireClient client = gateways.client(gateways.start(Setup.of(server.address())));

    ask(client, 5);

    assertThat(connections(server)).isEqualTo(1);
  }

  @Test
  void requests_afterStreams_shareAConnection() {
    RawUpstream server =
        gateways.upstream(call -> call.stream().chunk("data: [DONE]\n\n").chunk(""));
    WireClient client = gateways.client(gateways.start(Setup.of(server.address())));

    ask(client, 5);

    assertThat(connections(server)).isEqualTo(1);
  }

  @Test
  void serverSaysClose_theConnectionIsNotUsedAgain() {
    RawUpstream server =
        gateways.upstream(
            call -> call.write(OK.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")));
    WireClient client = gateways.client(gateways.start(Setup.of(server.address())));

    ask(client, 3);

    assertThat(connections(server)).isEqualTo(3);
  }

  @Test
  void serverIsHttp10_theConnectionIsNotUsedAgain() {
    RawUpstream server = gateways.upstream(call -> call.write(OK.replace("HTTP/1.1", "HTTP/1.0")));
    WireClient client = gateways.client(gateways.start(Setup.of(server.address())));

    ask(client, 3);

    assertThat(connections(server)).isEqualTo(3);
  }

  @Test
  void idleConnection_isClosedByTheGateway() {
    CountDownLatch closed = new CountDownLatch(1);
    RawUpstream server =
        gateways.upstream(
            call -> {
              call.write(OK).awaitEnd();
              closed.countDown();
            });
    Gateway gateway =
        gateways.start(Setup.of(server.address()).upstreamKeepAlive(Duration.ofMillis(200)));

    ask(gateways.client(gateway), 1);

    await().atMost(SOON).until(() -> closed.getCount() == 0);
  }

  /** A server whose second request on a connection finds it closed without an answer. */
  private RawUpstream stale(AtomicInteger requests, String answer) {
    return gateways.upstream(
        call -> {
          if (requests.incrementAndGet() == 2) {
            call.close();
          } else {
            call.write(answer);
          }
        });
  }

  @Test
  void staleConnection_othersLackTheAdapter_requestSucceedsWhereItIs() {
    AtomicInteger requests = new AtomicInteger();
    RawUpstream holder = stale(requests, OK);
    SimulatedServer other = gateways.simulator("base");
    Gateway gateway = gateways.start(Setup.of(holder.address(), other.address()));
    WireClient client = gateways.client(gateway);

    ask(client, 2);

    assertThat(requests).hasValue(3);
  }

  @Test
  void staleConnection_storedResponse_isFoundAtItsMaker() {
    AtomicInteger requests = new AtomicInteger();
    String answer = "{\"id\":\"resp_1\"}";
    RawUpstream maker =
        stale(
            requests,
            "HTTP/1.1 200 OK\r\nContent-Length: " + answer.length() + "\r\n\r\n" + answer);
    SimulatedServer other = gateways.simulator("base");
    Gateway gateway = gateways.start(Setup.of(maker.address(), other.address()));
    WireClient client = gateways.client(gateway);
    client.send(Requests.post("/v1/responses", "{\"model\":\"lora\",\"input\":\"Hi\"}"));
    assertThat(client.read().text()).isEqualTo(answer);

    WireResponse again = client.send(Requests.get("/v1/responses/resp_1")).read();

    assertThat(again.status()).isEqualTo(200);
    assertThat(again.endpoint()).isEqualTo(maker.address());
  }

  @Test
  void endpoint_givenByName_isResolved() {
    RawUpstream server = gateways.upstream(call -> call.write(OK));
    Gateway gateway = gateways.start(Setup.of("localhost:" + server.port()));

    WireResponse answer = gateways.chat(gateway, "lora");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.endpoint()).isEqualTo("localhost:" + server.port());
    assertThat(server.calls().getFirst().headers("host"))
        .isEqualTo(List.of("localhost:" + server.port()));
  }

  /** A proxy in front of a server may refuse a body that it has not read. */
  @Test
  void answerBeforeTheBodyWasRead_reachesTheClient() throws IOException {
    RawUpstream early = gateways.upstream(call -> call.write(OK));
    early.answerBeforeBody(
        "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
    Gateway gateway = gateways.start(Setup.of(early.address()));
    String body = Requests.chatBody("lora", 1, false) + " ".repeat(8 << 20);

    WireResponse answer = gateways.ask(gateway, Requests.post("/v1/chat/completions", body));

    assertThat(answer.status()).isEqualTo(413);
    assertThat(answer.text()).isEqualTo("{}");
  }
}
