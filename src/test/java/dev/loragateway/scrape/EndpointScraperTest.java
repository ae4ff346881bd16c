package dev.loragateway.scrape;

import static dev.loragateway.model.Health.DOWN;
import static dev.loragateway.model.Health.UP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.loragateway.model.Endpoint;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.Health;
import dev.loragateway.model.ModelCard;
import dev.loragateway.model.UpstreamAccess;
import dev.loragateway.scrape.RecordingSink.Changed;
import dev.loragateway.scrape.RecordingSink.Scraped;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class EndpointScraperTest {
  private static final Duration NEVER = Duration.ofHours(1);
  private static final Duration SHORT = Duration.ofMillis(20);
  private static final Duration PATIENT = Duration.ofSeconds(10);

  /** Metrics often; health and models only at first, or when something fails. */
  private static final ScrapeSettings METRICS_ONLY =
      new ScrapeSettings(SHORT, PATIENT, NEVER, Engine.VLLM);

  private static final ScrapeSettings ALL_OFTEN =
      new ScrapeSettings(SHORT, PATIENT, SHORT, Engine.VLLM);

  /** Only the first cycle. */
  private static final ScrapeSettings ONCE = new ScrapeSettings(NEVER, PATIENT, NEVER, Engine.VLLM);

  private static final EndpointLoad IDLE_LOAD =
      new EndpointLoad(0, 0, Double.NaN, 0, 1, Double.NaN, null, null);
  private static final List<ModelCard> CARDS =
      List.of(
          new ModelCard("base", null, "/models/base", 7, 2048),
          new ModelCard("lora-0", "base", "/adapters/lora-0", 7, 0));

  private final Set<Thread> threadsBefore = Set.copyOf(Thread.getAllStackTraces().keySet());
  private final RecordingSink sink = new RecordingSink();
  private final EndpointScraper scraper = new EndpointScraper(sink, sink, new Random(1));
  private ScriptedServer server;
  private Endpoint endpoint;

  @BeforeEach
  void start() throws IOException {
    server = new ScriptedServer();
    endpoint = server.endpoint();
  }

  @AfterEach
  void close() {
    scraper.close();
    server.close();
  }

  @Test
  void firstCycle_healthyServer_modelsThenLoadThenUp() {
    scraper.start(endpoint, ONCE);
    eventually(
        () ->
            assertThat(sink.of(endpoint))
                .containsExactly(CARDS, IDLE_LOAD, new Scraped(true), UP, new Changed(UP)));
  }

  @Test
  void firstCycle_startedTwice_askedOnce() {
    scraper.start(endpoint, ONCE);
    eventuallyChanged(UP);
    scraper.start(endpoint, ONCE);
    assertThat(server.requests).hasSize(3);
  }

  @Test
  void firstCycle_modelsFail_upWithoutModelsAndAskedAgainSoon() {
    server.answer("/v1/models", 500, "");
    scraper.start(endpoint, METRICS_ONLY);
    eventuallyChanged(UP);
    assertThat(sink.of(endpoint)).doesNotContain(CARDS);
    server.answer("/v1/models", 200, "no JSON");
    long asked = server.count("/v1/models");
    eventually(() -> assertThat(server.count("/v1/models")).isGreaterThan(asked + 1));
    server.answer("/v1/models", 200, ScriptedServer.MODELS);
    eventually(() -> assertThat(sink.of(endpoint)).contains(CARDS));
    assertThat(sink.changes(endpoint)).containsExactly(UP);
  }

  @Test
  void health_anotherStatus_downAndNothingElseAsked() {
    server.answer("/health", 503, "");
    scraper.start(endpoint, ALL_OFTEN);
    eventually(() -> assertThat(server.count("/health")).isGreaterThan(2));
    assertThat(server.count("/metrics") + server.count("/v1/models")).isZero();
    assertThat(sink.changes(endpoint)).containsExactly(DOWN);
  }

  @Test
  void health_redirect_downAndNotFollowed() {
    server.on(
        "/health",
        exchange -> {
          exchange.getResponseHeaders().set("Location", "/v1/models");
          exchange.sendResponseHeaders(302, -1);
        });
    scraper.start(endpoint, ONCE);
    eventuallyChanged(DOWN);
    assertThat(server.count("/v1/models")).isZero();
  }

  @Test
  void health_neverAnswers_down() {
    server.hang("/health");
    scraper.start(endpoint, new ScrapeSettings(SHORT, Duration.ofMillis(100), SHORT, Engine.VLLM));
    eventuallyChanged(DOWN);
  }

  @Test
  void health_failsAndRecovers_modelsAndLoadBeforeUpAgain() {
    scraper.start(endpoint, ALL_OFTEN);
    eventuallyChanged(UP);
    server.answer("/health", 503, "");
    eventuallyChanged(UP, DOWN);
    server.answer("/health", 200, "");
    eventuallyChanged(UP, DOWN, UP);
    List<Object> events = sink.of(endpoint);
    List<Object> sinceDown =
        events.subList(events.indexOf(new Changed(DOWN)) + 1, events.lastIndexOf(new Changed(UP)));
    assertThat(sinceDown)
        .filteredOn(event -> event != DOWN)
        .containsExactly(CARDS, IDLE_LOAD, new Scraped(true), UP);
  }

  @Test
  void server_gone_metricsFailureLeadsToDownAndReturnToUp() throws IOException {
    scraper.start(endpoint, METRICS_ONLY);
    eventuallyChanged(UP);
    server.close();
    eventuallyChanged(UP, DOWN);
    InetSocketAddress address =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), endpoint.port());
    try (ScriptedServer again = new ScriptedServer(HttpServer.create(address, 0))) {
      eventuallyChanged(UP, DOWN, UP);
      assertThat(again.count("/v1/models")).isEqualTo(1);
    }
  }

  @Test
  void metrics_garbage_staysUpWithoutLoad() {
    server.answer("/metrics", 200, "<html>{{{ 1 2 3");
    scraper.start(endpoint, METRICS_ONLY);
    eventually(() -> assertThat(server.count("/metrics")).isGreaterThan(3));
    assertThat(sink.changes(endpoint)).containsExactly(UP);
    assertThat(sink.of(endpoint, EndpointLoad.class)).isEmpty();
    assertThat(sink.of(endpoint)).doesNotContain(new Scraped(true));
    assertThat(server.count("/health")).isGreaterThan(2);
  }

  @Test
  void metrics_workAgain_loadReported() {
    server.answer("/metrics", 404, "");
    scraper.start(endpoint, METRICS_ONLY);
    eventuallyChanged(UP);
    server.answer("/metrics", 200, ScriptedServer.page(3, 1));
    EndpointLoad load = new EndpointLoad(3, 1, Double.NaN, 0, 1, Double.NaN, null, null);
    eventually(() -> assertThat(sink.of(endpoint)).contains(load));
  }

  @Test
  void metrics_neverAnswered_otherEndpointNotDelayed() throws IOException {
    try (ScriptedServer slow = new ScriptedServer()) {
      slow.hang("/metrics");
      scraper.start(slow.endpoint(), METRICS_ONLY);
      eventually(() -> assertThat(slow.count("/metrics")).isEqualTo(1));
      scraper.start(endpoint, METRICS_ONLY);
      eventually(() -> assertThat(server.count("/metrics")).isGreaterThanOrEqualTo(3));
      assertThat(slow.count("/metrics")).isEqualTo(1);
      assertThat(sink.of(slow.endpoint(), Scraped.class)).isEmpty();
    }
  }

  @Test
  void metrics_neverAnswered_upAllTheSame() {
    server.hang("/metrics");
    scraper.start(endpoint, new ScrapeSettings(SHORT, Duration.ofMillis(200), NEVER, Engine.VLLM));
    eventually(() -> assertThat(server.count("/metrics")).isGreaterThan(1));
    assertThat(sink.changes(endpoint)).containsExactly(UP);
  }

  @Test
  void metrics_engineOfSettings_used() {
    server.answer("/metrics", 200, "sglang:num_running_reqs 3\nsglang:token_usage 0.5\n");
    scraper.start(endpoint, METRICS_ONLY);
    eventuallyChanged(UP);
    scraper.update(endpoint, new ScrapeSettings(SHORT, PATIENT, NEVER, Engine.SGLANG));
    EndpointLoad load = new EndpointLoad(3, 0, 0.5, 0, 1, Double.NaN, null, null);
    eventually(() -> assertThat(sink.of(endpoint)).contains(load));
  }

  @Test
  void tick_idleEndpoint_notAlwaysScraped() {
    scraper.start(endpoint, METRICS_ONLY);
    eventually(() -> assertThat(sink.inFlightAsked).hasValueGreaterThan(8));
    assertThat(server.count("/metrics")).isLessThan(sink.inFlightAsked.get());
  }

  @Test
  void tick_adapterWasJustUsed_alwaysScraped() {
    String series =
        "vllm:lora_requests_info{max_lora=\"2\",running_lora_adapters=\"%s\",waiting_lora_adapters=\"\"}"
            + " %d\n";
    long now = System.currentTimeMillis() / 1000 + 60;
    server.answer(
        "/metrics",
        200,
        ScriptedServer.IDLE + series.formatted("a", now) + series.formatted("", now + 1));
    scraper.start(endpoint, METRICS_ONLY);
    eventually(() -> assertThat(server.count("/metrics")).isGreaterThan(8));
    assertThat(sink.inFlightAsked).as("asked whether it is idle").hasValue(0);
  }

  @Test
  void tick_ownRequestsInFlight_alwaysScraped() {
    sink.inFlight.set(1);
    scraper.start(endpoint, METRICS_ONLY);
    eventually(() -> assertThat(sink.inFlightAsked).hasValueGreaterThan(8));
    assertThat(server.count("/metrics")).isGreaterThanOrEqualTo(sink.inFlightAsked.get());
  }

  @Test
  void requests_apiKey_sentAsBearer() {
    Endpoint guarded =
        new Endpoint(
            "pool",
            endpoint.address(),
            endpoint.host(),
            endpoint.port(),
            new UpstreamAccess(null, "secret"));
    scraper.start(guarded, ONCE);
    eventually(() -> assertThat(server.requests).hasSize(3));
    assertThat(server.requests)
        .extracting(ScriptedServer.Request::path, ScriptedServer.Request::authorization)
        .containsExactly(
            tuple("/health", "Bearer secret"),
            tuple("/v1/models", "Bearer secret"),
            tuple("/metrics", "Bearer secret"));
  }

  @Test
  void update_otherInterval_usedAtOnce() {
    scraper.start(endpoint, ONCE);
    eventuallyChanged(UP);
    scraper.update(endpoint, METRICS_ONLY);
    eventually(() -> assertThat(server.count("/metrics")).isGreaterThan(3));
  }

  @Test
  void update_unknownEndpoint_nothingAsked() throws IOException {
    try (ScriptedServer other = new ScriptedServer()) {
      scraper.update(other.endpoint(), METRICS_ONLY);
      scraper.start(endpoint, METRICS_ONLY);
      eventually(() -> assertThat(server.count("/metrics")).isGreaterThan(1));
      assertThat(other.requests).isEmpty();
    }
  }

  @Test
  void wake_endpointBroken_downBeforeItsTime() {
    scraper.start(endpoint, ONCE);
    eventuallyChanged(UP);
    server.answer("/health", 503, "");
    scraper.wake(endpoint);
    eventuallyChanged(UP, DOWN);
    server.answer("/health", 200, "");
    scraper.wake(endpoint);
    eventuallyChanged(UP, DOWN, UP);
  }

  @Test
  void wake_manyCallsDuringAProbe_oneMoreProbe() {
    sink.inFlight.set(1);
    scraper.start(endpoint, METRICS_ONLY);
    eventuallyChanged(UP);
    CountDownLatch probing = new CountDownLatch(1);
    server.on(
        "/health",
        exchange -> {
          ScriptedServer.await(probing);
          exchange.sendResponseHeaders(200, -1);
        });
    scraper.wake(endpoint);
    eventually(() -> assertThat(server.count("/health")).isEqualTo(2));
    for (int i = 0; i < 1000; i++) {
      scraper.wake(endpoint);
    }
    probing.countDown();
    eventually(() -> assertThat(sink.of(endpoint, Health.class)).hasSize(3));
    long scrapes = server.count("/metrics");
    eventually(() -> assertThat(server.count("/metrics")).isGreaterThan(scrapes + 12));
    assertThat(server.count("/health")).isEqualTo(3);
  }

  @Test
  void refresh_concurrentCallers_shareOneRequest() {
    scraper.start(endpoint, ONCE);
    eventuallyChanged(UP);
    CountDownLatch asking = new CountDownLatch(1);
    server.on(
        "/v1/models",
        exchange -> {
          ScriptedServer.await(asking);
          exchange.sendResponseHeaders(500, -1);
        });
    CompletableFuture<Void> first = scraper.refreshModels();
    eventually(() -> assertThat(server.count("/v1/models")).isEqualTo(2));
    CompletableFuture<Void> second = scraper.refreshModels();
    assertThat(first).isNotDone();
    assertThat(second).isNotDone();
    asking.countDown();
    first.join();
    second.join();
    assertThat(server.count("/v1/models")).isEqualTo(2);
    server.answer("/v1/models", 200, "{\"data\":[]}");
    scraper.refreshModels().join();
    assertThat(server.count("/v1/models")).isEqualTo(3);
    assertThat(sink.of(endpoint)).contains(List.of());
  }

  @Test
  void refresh_callersCancelTheirFutures_othersUnharmed() {
    scraper.start(endpoint, ONCE);
    eventuallyChanged(UP);
    CountDownLatch asking = new CountDownLatch(1);
    server.on("/v1/models", exchange -> ScriptedServer.await(asking));
    CompletableFuture<Void> first = scraper.refreshModels();
    CompletableFuture<Void> second = scraper.refreshModels();
    CompletableFuture<Void> third = scraper.refreshModels();
    first.cancel(true);
    second.cancel(true);
    asking.countDown();
    third.join();
    scraper.refreshModels().join();
    assertThat(third).isCompleted();
  }

  @Test
  void refresh_serverNeverAnswers_completesAtTheTimeout() {
    scraper.start(endpoint, new ScrapeSettings(NEVER, Duration.ofMillis(200), NEVER, Engine.VLLM));
    eventuallyChanged(UP);
    server.hang("/v1/models");
    scraper.refreshModels().join();
    assertThat(server.count("/v1/models")).isEqualTo(2);
  }

  @Test
  void refresh_downEndpoint_notAsked() {
    server.answer("/health", 503, "");
    scraper.start(endpoint, ONCE);
    eventuallyChanged(DOWN);
    scraper.refreshModels().join();
    assertThat(server.count("/v1/models")).isZero();
  }

  @Test
  void refresh_noEndpointOrClosed_completes() {
    scraper.refreshModels().join();
    scraper.start(endpoint, ONCE);
    scraper.close();
    scraper.refreshModels().join();
  }

  @Test
  void sink_throws_endpointStillWatched() {
    sink.refusals.set(2);
    scraper.start(endpoint, METRICS_ONLY);
    eventually(() -> assertThat(sink.of(endpoint)).contains(IDLE_LOAD, UP));
  }

  @Test
  void stop_oneEndpoint_othersGoOn() throws IOException {
    try (ScriptedServer other = new ScriptedServer()) {
      scraper.start(endpoint, ALL_OFTEN);
      scraper.start(other.endpoint(), ALL_OFTEN);
      eventually(() -> assertThat(server.count("/metrics")).isPositive());
      scraper.stop(endpoint);
      long others = other.count("/metrics");
      eventually(() -> assertThat(other.count("/metrics")).isGreaterThan(others + 2));
      int asked = server.requests.size();
      eventually(() -> assertThat(other.count("/metrics")).isGreaterThan(others + 5));
      assertThat(server.requests).hasSize(asked);
    }
  }

  @Test
  void close_answerOutstanding_notWaitedFor() {
    server.hang("/metrics");
    scraper.start(endpoint, new ScrapeSettings(SHORT, NEVER, NEVER, Engine.VLLM));
    eventually(() -> assertThat(server.count("/metrics")).isEqualTo(1));
    scraper.close();
    scraper.start(endpoint, ONCE);
    assertThat(server.count("/health")).isEqualTo(1);
    assertThat(sink.of(endpoint)).containsExactly(CARDS);
  }

  @Test
  void manyEndpoints_started_noPlatformThreadForEach() throws IOException {
    HttpServer anyAddress = HttpServer.create(new InetSocketAddress(0), 0);
    try (ScriptedServer many = new ScriptedServer(anyAddress)) {
      for (int i = 1; i <= 100; i++) {
        scraper.start(Endpoint.plain("pool", "127.0.1." + i, many.port()), METRICS_ONLY);
      }
      eventually(() -> assertThat(sink.events).filteredOn(e -> e.what() == UP).hasSize(100));
      assertThat(newThreads()).isLessThan(20);
    }
  }

  /** Platform threads that began since the test did. */
  private long newThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> !threadsBefore.contains(thread))
        .count();
  }

  private void eventuallyChanged(Health... changes) {
    eventually(() -> assertThat(sink.changes(endpoint)).containsExactly(changes));
  }

  private static void eventually(ThrowingRunnable assertion) {
    await().pollInterval(Duration.ofMillis(5)).untilAsserted(assertion);
  }
}
