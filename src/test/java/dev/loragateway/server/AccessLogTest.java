package dev.loragateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.loragateway.config.AccessLogSettings;
import dev.loragateway.proxy.ExchangeReport;
import dev.loragateway.sim.SimFault;
import dev.loragateway.sim.SimulatedServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What is logged of requests. */
class AccessLogTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  @TempDir private Path directory;
  private Path file;
  private SimulatedServer server;

  @BeforeEach
  void start() {
    file = directory.resolve("access.log");
    server = gateways.simulator("base", "x");
  }

  private Gateway logging() {
    return gateways.start(
        Setup.of(server.address())
            .aliases(Map.of("support", "x"))
            .accessLog(new AccessLogSettings(file, 1)));
  }

  private List<JsonNode> lines(int count) {
    await().atMost(SOON).until(() -> Files.exists(file) && read(file).size() == count);
    return read(file).stream().map(GatewayExtension::json).toList();
  }

  private static List<String> read(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void answeredRequest_hasALine_withoutItsContent() {
    Gateway gateway = logging();
    gateways.ask(
        gateway,
        Requests.post(
            "/v1/chat/completions",
            Requests.chatBody("support", 2, false),
            "x-request-id: mine",
            "Authorization: Bearer sk-secret"));

    JsonNode line = lines(1).getFirst();

    assertThat(line.path("requestId").asText()).isEqualTo("mine");
    assertThat(line.path("method").asText()).isEqualTo("POST");
    assertThat(line.path("path").asText()).isEqualTo("/v1/chat/completions");
    assertThat(line.path("model").asText()).isEqualTo("support");
    assertThat(line.path("adapter").asText()).isEqualTo("x");
    assertThat(line.path("pool").asText()).isEqualTo("pool");
    assertThat(line.path("endpoint").asText()).isEqualTo(server.address());
    assertThat(line.path("tier").asText()).isNotEmpty();
    assertThat(line.path("status").asInt()).isEqualTo(200);
    assertThat(line.path("attempts").asInt()).isEqualTo(1);
    assertThat(line.path("streamed").asBoolean(true)).isFalse();
    assertThat(line.path("outputTokens").asInt()).isEqualTo(2);
    assertThat(line.path("durationMs").asDouble()).isPositive();
    assertThat(line.has("error")).isFalse();
    assertThat(line.has("queueMs")).isFalse();
    assertThat(line.toString()).doesNotContain("Hello", "sk-secret");
  }

  @Test
  void stream_andRefusedRequests_haveLines() {
    Gateway gateway = logging();
    gateways.ask(gateway, Requests.stream("x", 3));
    lines(1);
    gateways.chat(gateway, "none");
    lines(2);
    server.faults().on(SimFault.STATUS_500);
    gateways.chat(gateway, "x");

    List<JsonNode> lines = lines(3);

    assertThat(lines.get(0).path("streamed").asBoolean()).isTrue();
    assertThat(lines.get(1).path("status").asInt()).isEqualTo(404);
    assertThat(lines.get(1).path("error").asText()).isEqualTo("model_not_found");
    assertThat(lines.get(1).path("model").asText()).isEqualTo("none");
    assertThat(lines.get(1).has("adapter")).isFalse();
    assertThat(lines.get(1).has("endpoint")).isFalse();
    assertThat(lines.get(2).path("status").asInt()).isEqualTo(500);
    assertThat(lines.get(2).has("error")).isFalse();
  }

  @Test
  void hostileNames_stayWithinTheirLine() {
    Gateway gateway = logging();

    WireResponse answer = gateways.chat(gateway, "a\\u2028\\\"}{" + "b".repeat(400));
    assertThat(answer.status()).as(answer.text()).isEqualTo(404);

    assertThat(lines(1).getFirst().path("model").asText())
        .startsWith("a\u2028\"}{bbb")
        .hasSize(257);
  }

  @Test
  void movedFile_isBegunAnew() throws IOException {
    Gateway gateway = logging();
    gateways.chat(gateway, "x");
    lines(1);

    Files.move(file, directory.resolve("access.log.1"));

    await()
        .atMost(SOON)
        .until(
            () -> {
              gateways.chat(gateway, "x");
              return Files.exists(file) && !read(file).isEmpty();
            });
  }

  @Test
  void closedGateway_hasWrittenAll() {
    Gateway gateway = logging();
    for (int i = 0; i < 50; i++) {
      gateways.chat(gateway, "x");
    }

    gateway.close();

    assertThat(read(file)).hasSize(50);
  }

  private static ExchangeReport report() {
    return new ExchangeReport(
        "pool",
        "x",
        200,
        1,
        -1,
        1,
        1,
        1,
        -1,
        -1,
        false,
        new ExchangeReport.Asked("id", "POST", "/v1/completions", "x", null),
        null,
        null,
        null);
  }

  @Test
  void diskThatHangs_losesLines_andCountsThem() throws Exception {
    CountDownLatch hangs = new CountDownLatch(1);
    CountDownLatch released = new CountDownLatch(1);
    AtomicInteger lost = new AtomicInteger();
    AccessLogFile slow =
        new AccessLogFile(null, OutputStream.nullOutputStream()) {
          @Override
          void write(String line) {
            hangs.countDown();
            try {
              released.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        };
    try (AccessLog log = new AccessLog(settings -> slow, lost::incrementAndGet)) {
      log.use(new AccessLogSettings(null, 1));
      log.finished(report());
      hangs.await();

      for (int i = 0; i < AccessLog.WAITING + 7; i++) {
        log.finished(report());
      }

      assertThat(lost).hasValue(7);
      released.countDown();
    }
  }

  @Test
  void placeThatCannotBeOpened_losesLines_untilItCan() {
    AtomicInteger lost = new AtomicInteger();
    AtomicInteger tries = new AtomicInteger();
    try (AccessLog log =
        new AccessLog(
            settings -> {
              if (tries.incrementAndGet() < 3) {
                throw new IOException("no such directory");
              }
              return AccessLogFile.open(settings);
            },
            lost::incrementAndGet)) {
      log.use(new AccessLogSettings(file, 1));
      for (int i = 0; i < 5; i++) {
        log.finished(report());
      }
    }

    assertThat(lost).hasValue(2);
    assertThat(read(file)).hasSize(3);
  }

  @Test
  void sample_ofNothingSet_logsNothing() {
    AtomicInteger opened = new AtomicInteger();
    try (AccessLog log =
        new AccessLog(
            settings -> {
              opened.incrementAndGet();
              return AccessLogFile.open(settings);
            },
            () -> {})) {
      log.finished(report());
      log.use(null);
      log.finished(report());
    }
    assertThat(opened).hasValue(0);
  }
}
