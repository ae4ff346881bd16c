package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.sim.SimFault;
import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Answers that come in pieces: as they come, cut off, unwanted, or faster than they are read. */
final class StreamTest {
  private static final int LARGE = 64 << 20;

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static SimSettings paced() {
    return SimSettings.of("base", "lora").withTokenTime(Duration.ofMillis(5));
  }

  private static boolean aborted(SimulatedServer server) {
    return server.requests().stream().anyMatch(seen -> seen.model() != null && seen.aborted());
  }

  private static void awaitQuiet(Gateway gateway) {
    await()
        .atMost(SOON)
        .until(() -> GatewayExtension.inFlight(gateway) == 0 && gateway.proxy().active() == 0);
  }

  @Test
  void event_isPassedOnBeforeTheNextOneIsMade() {
    CountDownLatch received = new CountDownLatch(1);
    RawUpstream server =
        gateways.upstream(
            call -> {
              call.stream().chunk("data: 1\n\n");
              assertThat(received.await(10, TimeUnit.SECONDS)).isTrue();
              call.chunk("data: 2\n\n").chunk("data: [DONE]\n\n").chunk("");
            });
    WireClient client = gateways.client(gateways.start(Setup.of(server.address())));

    WireResponse head = client.send(Requests.stream("lora", 2)).readHead();
    String first = client.readChunk();
    received.countDown();

    assertThat(head.header("content-type")).isEqualTo("text/event-stream; charset=utf-8");
    assertThat(first).isEqualTo("data: 1\n\n");
    assertThat(client.readChunk()).isEqualTo("data: 2\n\n");
  }

  @Test
  void plainBodyThatIsLong_isPassedOnBeforeItsEndIsMade() {
    CountDownLatch received = new CountDownLatch(1);
    RawUpstream server =
        gateways.upstream(
            call -> {
              call.write("HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\nab");
              assertThat(received.await(10, TimeUnit.SECONDS)).isTrue();
              call.write("c".repeat(69_998));
            });
    WireClient client = gateways.client(gateways.start(Setup.of(server.address())));

    client.send(Requests.chat("lora")).readHead();
    assertThat(client.readBytes(2)).containsExactly('a', 'b');
    received.countDown();

    assertThat(client.readBytes(69_998)).containsOnly('c');
  }

  @ParameterizedTest
  @CsvSource({"RESET_MID_STREAM, 3", "TRUNCATE_CHUNKED, 3", "RESET_MID_STREAM, 1"})
  void stream_serverBreaksOff_endsWithAnErrorEvent(SimFault fault, int events) {
    SimulatedServer server = gateways.simulator("base", "lora");
    Gateway gateway = gateways.start(Setup.of(server.address()));
    server.faults().on(fault, events);

    WireResponse answer = gateways.ask(gateway, Requests.stream("lora", 10));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.whole()).isFalse();
    assertThat(answer.text()).endsWith("\n\n").doesNotContain("[DONE]");
    assertThat(answer.events().getLast()).contains("\"error\"", "upstream_failed");
    awaitQuiet(gateway);
  }

  @Test
  void stream_serverBreaksOffInTheMiddleOfAnEvent_theErrorIsAnEventOfItsOwn() {
    RawUpstream server =
        gateways.upstream(
            call -> {
              call.stream().chunk("data: 1\n\n").chunk("data: {\"half\":");
              call.close();
            });
    Gateway gateway = gateways.start(Setup.of(server.address()));

    WireResponse answer = gateways.ask(gateway, Requests.stream("lora", 10));

    assertThat(answer.text()).startsWith("data: 1\n\ndata: {\"half\":\n\ndata: {\"error\":");
  }

  @Test
  void stream_serverBreaksOffBeforeAnEventsBlankLine_theErrorIsAnEventOfItsOwn() {
    RawUpstream server =
        gateways.upstream(
            call -> {
              call.stream().chunk("data: 1\n\ndata: {}\n");
              call.close();
            });
    Gateway gateway = gateways.start(Setup.of(server.address()));

    WireResponse answer = gateways.ask(gateway, Requests.stream("lora", 10));

    assertThat(answer.text()).startsWith("data: 1\n\ndata: {}\n\n\ndata: {\"error\":");
  }

  @ParameterizedTest
  @CsvSource({"/v1/messages, event: error", "/v1/responses, event: error"})
  void stream_ofAnotherShapeBreaksOff_endsWithItsErrorEvent(String path, String line) {
    SimulatedServer server = gateways.simulator("base", "lora");
    Gateway gateway = gateways.start(Setup.of(server.address()));
    server.faults().on(SimFault.RESET_MID_STREAM, 2);
    String body =
        Requests.chatBody("lora", 10, true).replace("\"messages\"", "\"input\":\"x\",\"messages\"");

    WireResponse answer = gateways.ask(gateway, Requests.post(path, body));

    assertThat(answer.whole()).isFalse();
    assertThat(answer.text().lines()).contains(line);
    assertThat(answer.events().getLast()).contains("\"error\"");
  }

  @ParameterizedTest
  @CsvSource({"Transfer-Encoding: chunked, '3\r\nabc\r\n'", "Content-Length: 70000, abc"})
  void plainBody_serverBreaksOff_isSeenAsCutOff(String framing, String bytes) {
    RawUpstream server =
        gateways.upstream(
            call -> {
              call.write("HTTP/1.1 200 OK\r\n" + framing + "\r\n\r\n" + bytes);
              call.close();
            });
    Gateway gateway = gateways.start(Setup.of(server.address()));

    WireResponse answer = gateways.chat(gateway, "lora");

    assertThat(answer.whole()).isFalse();
    assertThat(answer.text()).isEqualTo("abc");
    awaitQuiet(gateway);
  }

  @Test
  void plainBody_http10AndServerBreaksOff_endsWithAReset() throws IOException {
    RawUpstream server =
        gateways.upstream(
            call -> {
              call.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
              call.close();
            });
    WireClient client = gateways.client(gateways.start(Setup.of(server.address())));
    client.send(Requests.chat("lora").replace("HTTP/1.1", "HTTP/1.0"));
    WireResponse head = client.readHead();

    assertThat(client.readBody(head, new ByteArrayOutputStream())).isFalse();
  }

  @Test
  void stream_chunkIsGarbage_endsWithAnErrorEvent() {
    RawUpstream server =
        gateways.upstream(
            call -> call.stream().chunk("data: 1\n\n").write("what?\r\n\r\n").awaitEnd());
    Gateway gateway = gateways.start(Setup.of(server.address()));

    WireResponse answer = gateways.ask(gateway, Requests.stream("lora", 10));

    assertThat(answer.whole()).isFalse();
    assertThat(answer.events()).hasSize(2);
    assertThat(answer.events().getLast()).contains("upstream_failed");
    awaitQuiet(gateway);
  }

  @Test
  void stream_standsStill_endsWithAnErrorEvent() {
    RawUpstream server = gateways.upstream(call -> call.stream().chunk("data: 1\n\n").awaitEnd());
    Gateway gateway = gateways.start(Setup.of(server.address()).idle(Duration.ofMillis(200)));

    WireResponse answer = gateways.ask(gateway, Requests.stream("lora", 10));

    assertThat(answer.whole()).isFalse();
    assertThat(answer.events().getLast()).contains("idle_timeout");
    awaitQuiet(gateway);
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void client_leavesBeforeTheFirstByte_theServerIsToldAtOnce(boolean byReset) {
    SimulatedServer server = gateways.simulator(paced());
    server.faults().on(SimFault.STALL);
    Gateway gateway = gateways.start(Setup.of(server.address()));
    WireClient client = gateways.client(gateway).send(Requests.stream("lora", 1000));
    await().atMost(SOON).until(() -> GatewayExtension.inFlight(gateway) == 1);

    leave(client, byReset);

    await().atMost(SOON).until(() -> aborted(server));
    awaitQuiet(gateway);
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void client_leavesInTheMiddle_theServerIsToldAtOnce(boolean byReset) {
    SimulatedServer server = gateways.simulator(paced());
    Gateway gateway = gateways.start(Setup.of(server.address()));
    WireClient client = gateways.client(gateway).send(Requests.stream("lora", 30_000));
    client.readHead();
    client.readChunk();

    leave(client, byReset);

    await().atMost(SOON).until(() -> aborted(server));
    awaitQuiet(gateway);
  }

  @Test
  void client_leavesWhileAWholeAnswerIsMade_theServerIsToldAtOnce() {
    SimulatedServer server = gateways.simulator(paced());
    Gateway gateway = gateways.start(Setup.of(server.address()));
    WireClient client = gateways.client(gateway).send(Requests.chat("lora", 30_000));
    await().atMost(SOON).until(() -> GatewayExtension.inFlight(gateway) == 1);

    client.close();

    await().atMost(SOON).until(() -> aborted(server));
    awaitQuiet(gateway);
  }

  @Test
  void client_leavesWithPipelinedRequests_noneOfThemIsSent() {
    SimulatedServer server = gateways.simulator(paced());
    Gateway gateway = gateways.start(Setup.of(server.address()));
    WireClient client =
        gateways.client(gateway).send(Requests.stream("lora", 30_000) + Requests.chat("base"));
    client.readHead();
    client.readChunk();

    client.close();

    await().atMost(SOON).until(() -> aborted(server));
    awaitQuiet(gateway);
    assertThat(server.requests()).noneMatch(seen -> "base".equals(seen.model()));
  }

  /** Half-closing is leaving: the gateway cannot tell the two apart. */
  @Test
  void client_endsItsOutput_theServerIsToldAtOnce() {
    SimulatedServer server = gateways.simulator(paced());
    Gateway gateway = gateways.start(Setup.of(server.address()));
    WireClient client = gateways.client(gateway).send(Requests.stream("lora", 30_000));
    client.readHead();

    client.endOutput();

    await().atMost(SOON).until(() -> aborted(server));
    awaitQuiet(gateway);
  }

  private static void leave(WireClient client, boolean byReset) {
    if (byReset) {
      client.reset();
    } else {
      client.close();
    }
  }

  @Test
  void client_doesNotRead_theServerIsHeldBackAndNothingIsLost() {
    byte[] body = new byte[LARGE];
    new Random(1).nextBytes(body);
    AtomicLong written = new AtomicLong();
    RawUpstream server =
        gateways.upstream(
            call -> {
              call.write("HTTP/1.1 200 OK\r\nContent-Length: " + LARGE + "\r\n\r\n");
              for (int at = 0; at < LARGE; at += 1 << 16) {
                call.write(Arrays.copyOfRange(body, at, at + (1 << 16)));
                written.addAndGet(1 << 16);
              }
            });
    Gateway gateway = gateways.start(Setup.of(server.address()));
    WireClient client = gateways.closing(new WireClient(gateway.port(), 16 << 10));

    WireResponse head = client.send(Requests.chat("lora")).readHead();
    await().atMost(SOON).during(Duration.ofMillis(300)).until(written::get, unchanged());
    assertThat(written.get()).isLessThan(LARGE / 2);
    ByteArrayOutputStream received = new ByteArrayOutputStream(LARGE);

    assertThat(client.readBody(head, received)).isTrue();
    assertThat(received.toByteArray()).isEqualTo(body);
  }

  /** Holds while the count is what it was when last looked at. */
  private static Predicate<Long> unchanged() {
    AtomicLong last = new AtomicLong(-1);
    return now -> last.getAndSet(now) == now;
  }

  @Test
  void client_doesNotReadAndLeaves_theServerIsToldAtOnce() {
    CountDownLatch ended = new CountDownLatch(1);
    byte[] piece = new byte[1 << 16];
    RawUpstream server =
        gateways.upstream(
            call -> {
              call.write("HTTP/1.1 200 OK\r\nContent-Length: " + LARGE + "\r\n\r\n");
              try {
                for (int at = 0; at < LARGE; at += piece.length) {
                  call.write(piece);
                }
              } finally {
                ended.countDown();
              }
            });
    Gateway gateway = gateways.start(Setup.of(server.address()));
    WireClient client = gateways.closing(new WireClient(gateway.port(), 16 << 10));
    client.send(Requests.chat("lora")).readHead();

    client.close();

    await().atMost(SOON).until(() -> ended.getCount() == 0);
    awaitQuiet(gateway);
  }
}
