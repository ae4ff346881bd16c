package dev.loragateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.loragateway.config.GatewayConfig;
import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Starts what tests need (gateways, simulated and scripted servers, clients), closes it after the
 * test, or after the class when it was started before all tests, the latest first, and fails the
 * class when a buffer leaked in it. Register it in a static field. Thread-safe.
 */
final class GatewayExtension
    implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {
  /** How long a condition that must come true may take. */
  static final Duration SOON = Duration.ofSeconds(10);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Deque<AutoCloseable> ofClass = new ConcurrentLinkedDeque<>();
  private final Deque<AutoCloseable> ofTest = new ConcurrentLinkedDeque<>();
  private volatile boolean inTest;
  private final LeakRecorder leaks = new LeakRecorder();

  @Override
  public void beforeAll(ExtensionContext context) {
    leaks.start();
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    inTest = true;
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    inTest = false;
    closeAll(ofTest);
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    closeAll(ofClass);
    assertThat(leaks.stop()).as("leaked buffers").isEmpty();
  }

  private static void closeAll(Deque<AutoCloseable> open) throws Exception {
    for (AutoCloseable next = open.pollFirst(); next != null; next = open.pollFirst()) {
      next.close();
    }
  }

  /** Has it closed after the test or the class. */
  <T extends AutoCloseable> T closing(T closeable) {
    (inTest ? ofTest : ofClass).addFirst(closeable);
    return closeable;
  }

  /** A server whose engine takes no time. */
  SimulatedServer simulator(String base, String... adapters) {
    return simulator(SimSettings.of(base, adapters).withTimeScale(0));
  }

  SimulatedServer simulator(SimSettings settings) {
    return closing(SimulatedServer.start(settings));
  }

  RawUpstream upstream(RawUpstream.Script script) {
    return closing(new RawUpstream(script));
  }

  /** A gateway whose endpoints are all up. */
  Gateway start(Setup setup) {
    Gateway gateway = launch(setup);
    await().atMost(SOON).until(() -> up(gateway));
    return gateway;
  }

  /** A gateway that may not have asked its endpoints yet. */
  Gateway launch(Setup setup) {
    return launch(setup.build());
  }

  Gateway launch(GatewayConfig config) {
    try {
      return closing(Gateway.start(config));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  WireClient client(Gateway gateway) {
    return closing(new WireClient(gateway.port()));
  }

  /** One request on a connection of its own. */
  WireResponse ask(Gateway gateway, String request) {
    try (WireClient client = new WireClient(gateway.port())) {
      return client.send(request).read();
    }
  }

  /** One chat request on a connection of its own. */
  WireResponse chat(Gateway gateway, String model) {
    return ask(gateway, Requests.chat(model));
  }

  /** What {@code /api/state} says. */
  static JsonNode state(Gateway gateway) {
    return json(admin(gateway, "/api/state").text());
  }

  static WireResponse admin(Gateway gateway, String path) {
    return admin(gateway, path, "Host: 127.0.0.1:" + gateway.adminPort());
  }

  /** The answer of the operators' port to a request with these headers. */
  static WireResponse admin(Gateway gateway, String path, String... headers) {
    try (WireClient client = new WireClient(gateway.adminPort())) {
      return client
          .send("GET " + path + " HTTP/1.1\r\n" + String.join("\r\n", headers) + "\r\n\r\n")
          .read();
    }
  }

  static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new AssertionError("not JSON: " + text, e);
    }
  }

  /** What {@code /api/state} says about one endpoint. */
  static JsonNode endpoint(Gateway gateway, String address) {
    for (JsonNode pool : state(gateway).path("pools")) {
      for (JsonNode endpoint : pool.path("endpoints")) {
        if (endpoint.path("address").asText().equals(address)) {
          return endpoint;
        }
      }
    }
    throw new AssertionError("no endpoint " + address);
  }

  /** Requests under way at all endpoints. */
  static int inFlight(Gateway gateway) {
    int sum = 0;
    for (JsonNode pool : state(gateway).path("pools")) {
      for (JsonNode endpoint : pool.path("endpoints")) {
        sum += endpoint.path("inFlight").asInt();
      }
    }
    return sum;
  }

  private static boolean up(Gateway gateway) {
    for (JsonNode pool : state(gateway).path("pools")) {
      for (JsonNode endpoint : pool.path("endpoints")) {
        if (!endpoint.path("health").asText().equals("up")) {
          return false;
        }
      }
    }
    return gateway.ready();
  }
}
