package dev.loragateway.config;

import static dev.loragateway.config.Configs.MINIMAL;
import static dev.loragateway.config.Configs.parse;
import static dev.loragateway.config.Configs.valid;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.access.AccessSettings;
import dev.loragateway.adapters.AdapterSettings;
import dev.loragateway.adapters.AdapterSettings.Cluster;
import dev.loragateway.adapters.AdapterSettings.Demand;
import dev.loragateway.adapters.AdapterSettings.Directory;
import dev.loragateway.adapters.AdapterSettings.Loading;
import dev.loragateway.adapters.AdapterSource;
import dev.loragateway.adapters.AdapterSpec;
import dev.loragateway.adapters.AliasShare;
import dev.loragateway.adapters.PlacementSettings;
import dev.loragateway.adapters.PlacementStrategy;
import dev.loragateway.adapters.Preferences;
import dev.loragateway.adapters.Replicas;
import dev.loragateway.config.GatewayConfig.Admin;
import dev.loragateway.config.GatewayConfig.Drain;
import dev.loragateway.config.GatewayConfig.Pool;
import dev.loragateway.kubernetes.AnnotationSettings;
import dev.loragateway.model.Endpoint;
import dev.loragateway.model.UpstreamAccess;
import dev.loragateway.model.UpstreamTls;
import dev.loragateway.proxy.ProxySettings;
import dev.loragateway.registry.AliasTarget;
import dev.loragateway.registry.OutlierSettings;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.QueueSettings;
import dev.loragateway.registry.RoutingPolicy;
import dev.loragateway.registry.RoutingSettings;
import dev.loragateway.registry.ScalingSettings;
import dev.loragateway.registry.SleepSettings;
import dev.loragateway.scrape.Engine;
import dev.loragateway.scrape.ScrapeSettings;
import dev.loragateway.upstream.UpstreamSettings;
import dev.loragateway.upstream.UpstreamSettings.Connect;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigLoaderTest {
  @Test
  void file_minimal_hasEveryDefault() {
    GatewayConfig config = valid(MINIMAL);

    assertThat(config)
        .isEqualTo(
            new GatewayConfig(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 8080),
                new Admin(new InetSocketAddress(InetAddress.getLoopbackAddress(), 9090), null),
                List.of(
                    new Pool(
                        PoolSettings.of("p", "base"),
                        List.of(Endpoint.plain("p", "a", 8000)),
                        ScrapeSettings.DEFAULTS)),
                UpstreamSettings.DEFAULTS,
                ProxySettings.DEFAULTS,
                Drain.DEFAULTS,
                AnnotationSettings.DEFAULTS,
                null,
                null,
                AdapterSettings.NONE,
                null));
  }

  @Test
  void adapters_complete_fillEverySetting() {
    String digest = "ab".repeat(32);
    ConfigResult.Valid result =
        valid(
            parse(
                MINIMAL
                    + """
                    adapters:
                      directory: { path: models, enginePath: /seen, interval: 3s, baseModel: base, replicas: all }
                      list:
                        - name: acme/base/support/v1
                          baseModel: base
                          source: s3://bucket/support
                          local: here
                          sha256: %s
                          credentials: { KEY: "${SECRET}" }
                          replicas: 0-4
                          priority: -2
                          within: { zone: "a, b" }
                          aliases: { support: 90 }
                        - { name: Short, source: file:///no/such/directory }
                      file: added.yaml
                      kubernetes: { namespaces: [ prod ], aibrix: true, services: true }
                      placement: { strategy: bin-pack, reserve: 25%%, maxMoves: 3 }
                      loading: { parallel: 5, perSecond: 6, timeout: 7s, drain: 8s, runtimePort: 8080, runtimeApiKey: "${SECRET}" }
                      demand: { perReplica: 2.5, shrinkAfter: 1m, idle: 2m }
                    """
                        .formatted(digest),
                Map.of("SECRET", "s3cret")));

    Path here = Path.of("").toAbsolutePath();
    assertThat(result.config().adapters())
        .isEqualTo(
            new AdapterSettings(
                new Directory(
                    here.resolve("models"), "/seen", Duration.ofSeconds(3), "base", Replicas.ALL),
                List.of(
                    new AdapterSpec(
                        "acme/base/support/v1",
                        "base",
                        new AdapterSource(
                            "s3://bucket/support",
                            digest,
                            Map.of("KEY", "s3cret"),
                            here.resolve("here")),
                        new Replicas(0, 4),
                        new Preferences(-2, Map.of("zone", Set.of("a", "b"))),
                        List.of(new AliasShare("support", 90))),
                    new AdapterSpec("Short", "", new AdapterSource("file:///no/such/directory"))),
                here.resolve("added.yaml"),
                new Cluster(Set.of("prod"), true, true),
                new PlacementSettings(PlacementStrategy.BIN_PACK, 0.25, 3),
                new Loading(5, 6, Duration.ofSeconds(7), Duration.ofSeconds(8), 8080, "s3cret"),
                new Demand(2.5, Duration.ofMinutes(1), Duration.ofMinutes(2))));
    assertThat(result.warnings())
        .singleElement()
        .asString()
        .startsWith("adapters.list[1].name")
        .contains("recommended: organisation/model-family/task/version");
  }

  @Test
  void file_complete_fillsEverySetting() {
    ConfigResult.Valid result =
        valid(
            parse(
                """
                listen: "[::1]:8081"
                admin: { listen: localhost:9091, token: ops }
                pools:
                  - name: llama
                    baseModel: meta/llama
                    endpoints: [ "http://A:8000", https://b/ ]
                    engine: sglang
                    resolver: true
                    adapterSlots: 4
                    cpuAdapterSlots: 16
                    maxNumSeqs: 64
                    aliases: { chat: meta/llama, "x.y": { acme/v1: 90, acme/v2: 0 } }
                    scrape: { interval: 50ms, timeout: 2s, staleAfter: 1m, modelsInterval: 10s }
                    upstream: { apiKey: sk-1 }
                    routing: { policy: tiered, tokenTime: 1ms, outputTokens: 2, cpuSwap: 3ms, diskSwap: 4ms }
                    saturation: { maxWaiting: 7, maxKvCache: 0.5, maxInFlight: 9 }
                    queue: { capacity: 10, bytes: 1MB, timeout: 3s, priorities: { gold: 1m, batch: 1s }, models: { base-7b: gold }, warmUp: false, warmUpsPerSecond: 2 }
                    scaling: { utilization: 50%, swapTime: 100% }
                    outlierDetection: { consecutiveErrors: 3, ejectionTime: 1s, maxEjectionTime: 1m, maxEjected: 10%, slowStart: 0 }
                    timeouts: { tls: 4s, idle: 5s }
                timeouts:
                  { connect: 3s, tls: 2s, firstByte: 0, idle: 1h, total: 0, requestHeader: 1s, requestBody: 2s, keepAlive: 0,
                    upstreamKeepAlive: 2s, routes: [ { path: /v1/embeddings, total: 1m } ] }
                retries: { max: 0, budget: 5%, statuses: [ 502, 429 ], backoff: 0, maxBackoff: 1s }
                limits: { body: 1MB, buffered: 2000000, connections: 3, requests: 4, memory: 50%, shedFrom: 60% }
                headers: { requestId: false, endpoint: false, tier: false, attempts: false, queueMs: false, rateLimit: false, explain: false }
                drain: { delay: 0, timeout: 1s }
                """,
                Map.of()));

    assertThat(result.config().listen().getAddress().getHostAddress()).isEqualTo("0:0:0:0:0:0:0:1");
    assertThat(result.config().listen().getPort()).isEqualTo(8081);
    assertThat(result.config().admin())
        .isEqualTo(new Admin(new InetSocketAddress(InetAddress.getLoopbackAddress(), 9091), "ops"));
    Pool pool = result.config().pools().getFirst();
    assertThat(pool.settings())
        .isEqualTo(
            new PoolSettings(
                "llama",
                "meta/llama",
                true,
                4,
                16,
                false,
                Duration.ofMinutes(1),
                Map.of(
                    "chat",
                    AliasTarget.only("meta/llama"),
                    "x.y",
                    List.of(new AliasTarget("acme/v1", 90), new AliasTarget("acme/v2", 0))),
                new RoutingSettings(
                    RoutingPolicy.TIERED,
                    64,
                    7,
                    0.5,
                    9,
                    Duration.ofMillis(1),
                    2,
                    Duration.ofMillis(3),
                    Duration.ofMillis(4)),
                new QueueSettings(
                    10,
                    1_000_000,
                    Duration.ofSeconds(3),
                    Map.of(
                        "gold", Duration.ofMinutes(1),
                        "premium", Duration.ofSeconds(20),
                        "standard", Duration.ofSeconds(10),
                        "batch", Duration.ofSeconds(1)),
                    Map.of("base-7b", "gold"),
                    false,
                    2),
                new ScalingSettings(50, 100),
                new OutlierSettings(
                    3, Duration.ofSeconds(1), Duration.ofMinutes(1), 10, Duration.ZERO),
                null));
    assertThat(pool.endpoints())
        .containsExactly(
            new Endpoint("llama", "a:8000", "a", 8000, new UpstreamAccess(null, "sk-1")),
            new Endpoint(
                "llama", "b:443", "b", 443, new UpstreamAccess(UpstreamTls.PLATFORM, "sk-1")));
    assertThat(pool.scrape())
        .isEqualTo(
            new ScrapeSettings(
                Duration.ofMillis(50),
                Duration.ofSeconds(2),
                Duration.ofSeconds(10),
                Engine.SGLANG));
    assertThat(result.config().upstream())
        .isEqualTo(
            new UpstreamSettings(
                new Connect(Duration.ofSeconds(3), Duration.ofSeconds(2)),
                Map.of("llama", new Connect(Duration.ofSeconds(3), Duration.ofSeconds(4))),
                Duration.ofSeconds(2)));
    assertThat(result.config().proxy())
        .isEqualTo(
            new ProxySettings(
                new ProxySettings.Timeouts(
                    new ProxySettings.Answer(Duration.ZERO, Duration.ofHours(1), Duration.ZERO),
                    Map.of("llama", new ProxySettings.Differing(null, Duration.ofSeconds(5), null)),
                    Map.of(
                        "/v1/embeddings",
                        new ProxySettings.Differing(null, null, Duration.ofMinutes(1))),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(2),
                    Duration.ZERO),
                new ProxySettings.Retries(
                    0, 5, Set.of(429, 502), Duration.ZERO, Duration.ofSeconds(1)),
                new ProxySettings.Limits(1_000_000, 2_000_000, 3, 4, 0.5, 0.6),
                new ProxySettings.Headers(false, false, false, false, false, false, false),
                AccessSettings.OPEN));
    assertThat(result.config().drain()).isEqualTo(new Drain(Duration.ZERO, Duration.ofSeconds(1)));
    assertThat(result.warnings()).isEmpty();
  }

  @Test
  void section_withEveryKeyCommentedOut_countsAsAbsent() {
    assertThat(valid(MINIMAL + "timeouts:\n  # connect: 1s\nlimits: ~\n"))
        .isEqualTo(valid(MINIMAL));
  }

  @Test
  void upstreamKeepAlive_notBelowVllms_warns() {
    ConfigResult result = parse(MINIMAL + "timeouts: { upstreamKeepAlive: 5s }", Map.of());

    assertThat(valid(result).warnings())
        .singleElement()
        .asString()
        .startsWith("timeouts.upstreamKeepAlive is not below the 5s after which vLLM closes");
  }

  @Test
  void staleAfter_unset_isSixIntervals() {
    GatewayConfig config = valid(MINIMAL + "    scrape: { interval: 10s }\n");

    assertThat(config.pools().getFirst().settings().staleAfter()).isEqualTo(Duration.ofMinutes(1));
    assertThat(valid(MINIMAL + "    scrape: { interval: 50ms }\n"))
        .extracting(fast -> fast.pools().getFirst().settings().staleAfter())
        .isEqualTo(Duration.ofSeconds(3));
  }

  @Test
  void staleAfter_shorterThanTheIdlePace_warns() {
    ConfigResult result =
        parse(MINIMAL + "    scrape: { interval: 1s, staleAfter: 3s }\n", Map.of());

    assertThat(valid(result).warnings())
        .containsExactly(
            "pools[0].scrape.staleAfter is below four intervals: an idle endpoint, which is read"
                + " a quarter as often, will count as unknown at times");
  }

  @ParameterizedTest
  @CsvSource({
    ":8080, 0.0.0.0, 8080",
    "0.0.0.0:80, 0.0.0.0, 80",
    "'[::]:80', 0:0:0:0:0:0:0:0, 80",
    "10.1.2.3:0, 10.1.2.3, 0",
    "localhost:65535, 127.0.0.1, 65535",
  })
  void listen_inEachForm_isAnAddress(String text, String host, int port) {
    InetSocketAddress listen = valid(MINIMAL + "listen: '" + text + "'").listen();

    assertThat(listen.getAddress().getHostAddress()).isEqualTo(host);
    assertThat(listen.getPort()).isEqualTo(port);
  }

  @Test
  void listeners_bothOnAnyFreePort_areValid() {
    GatewayConfig config = valid(MINIMAL + "listen: 127.0.0.1:0\nadmin: { listen: 127.0.0.1:0 }\n");

    assertThat(config.listen()).isEqualTo(config.admin().listen());
  }

  @ParameterizedTest
  @CsvSource({
    "http://vllm, vllm:80, false",
    "HTTPS://Vllm_1.Pool, vllm_1.pool:443, true",
    "http://vllm.:1/, vllm.:1, false",
    "http://10.0.0.255:65535, 10.0.0.255:65535, false",
    "http://[FE80::1]:8000, [fe80::1]:8000, false",
    "http://[::1], [::1]:80, false",
  })
  void endpoint_inEachForm_isAnAddress(String url, String address, boolean tls) {
    String yaml = MINIMAL.replace("http://a:8000", url);

    Endpoint endpoint = valid(yaml).pools().getFirst().endpoints().getFirst();

    assertThat(endpoint.address()).isEqualTo(address);
    assertThat(endpoint.access().tls() != null).isEqualTo(tls);
  }

  @ParameterizedTest
  @CsvSource({
    "1024, 1024",
    "2048B, 2048",
    "64KiB, 65536",
    "2MiB, 2097152",
    "1GiB, 1073741824",
    "3KB, 3000",
    "4MB, 4000000",
    "1GB, 1000000000"
  })
  void size_inEachUnit_isBytes(String text, long bytes) {
    GatewayConfig config = valid(MINIMAL + "limits: { buffered: 1024GiB, body: " + text + " }");

    assertThat(config.proxy().limits().body()).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource({"200ms, 200", "2s, 2000", "10m, 600000", "1h, 3600000", "0, 0", "0s, 0"})
  void duration_inEachUnit_isMillis(String text, long millis) {
    GatewayConfig config = valid(MINIMAL + "timeouts: { idle: " + text + " }");

    assertThat(config.proxy().timeouts().answer().idle()).isEqualTo(Duration.ofMillis(millis));
  }

  @Test
  void value_quotedOrNot_readsTheSame() {
    assertThat(valid(MINIMAL + "retries: { max: '1' }\nheaders: { tier: \"false\" }"))
        .isEqualTo(valid(MINIMAL + "retries: { max: 1 }\nheaders: { tier: false }"));
    assertThat(valid(MINIMAL.replace("name: p", "name: no")).pools().getFirst().settings().name())
        .isEqualTo("no");
  }

  @Test
  void variables_withinValues_areExpanded() {
    ConfigResult result =
        parse(
            """
            listen: 127.0.0.1:${PORT}
            pools:
              - name: p
                baseModel: "${BASE:-meta/llama}"
                endpoints: [ "http://${HOST:-other}.svc:${UNSET:-8000}", "http://b:${EMPTY:-81}" ]
                aliases: { "${ALIAS}": "$${literal} $5 $$" }
            """,
            Map.of("PORT", "7", "HOST", "vllm", "EMPTY", ""));

    GatewayConfig config = valid(result).config();
    assertThat(config.listen().getPort()).isEqualTo(7);
    assertThat(config.pools().getFirst().settings().baseModel()).isEqualTo("meta/llama");
    assertThat(config.pools().getFirst().settings().aliases())
        .isEqualTo(Map.of("${ALIAS}", AliasTarget.only("${literal} $5 $$")));
    assertThat(config.pools().getFirst().endpoints())
        .extracting(Endpoint::address)
        .containsExactly("vllm.svc:8000", "b:81");
  }

  @Test
  void variable_withYamlInIt_staysOneValue() {
    ConfigResult result =
        parse(
            MINIMAL.replace("name: p", "name: p\n    aliases: { x: \"${V}\" }"),
            Map.of("V", "a, resolver: true # [${B}]"));

    PoolSettings pool = valid(result).config().pools().getFirst().settings();
    assertThat(pool.aliases())
        .isEqualTo(Map.of("x", AliasTarget.only("a, resolver: true # [${B}]")));
    assertThat(pool.resolver()).isFalse();
  }

  @Test
  void load_fileWithByteOrderMark_isValid(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("gateway.yaml"), "\ufeff" + MINIMAL);

    assertThat(valid(ConfigLoader.load(file, Map.of())).config()).isEqualTo(valid(MINIMAL));
  }

  @Test
  void needsRestart_forAddressesOnly() {
    GatewayConfig running = valid(MINIMAL);

    assertThat(running.needsRestart(valid(MINIMAL + "retries: { max: 1 }"))).isEmpty();
    assertThat(running.needsRestart(valid(MINIMAL + "listen: :1\nadmin: { listen: ':2' }")))
        .containsExactly(
            "listen needs a restart to take effect", "admin.listen needs a restart to take effect");
  }

  @Test
  void config_printed_hidesTheKey() {
    GatewayConfig config =
        valid(MINIMAL + "    upstream: { apiKey: sk-secret }\nadmin: { token: sk-secret }\n");

    assertThat(config.pools().getFirst().endpoints().getFirst().apiKey()).isEqualTo("sk-secret");
    assertThat(config.toString()).doesNotContain("sk-secret");
  }

  @Test
  void sleep_isOffUnlessSaid() {
    assertThat(sleep("")).isNull();
    assertThat(sleep("    sleep:\n")).isNull();
    assertThat(sleep("    sleep: { after: 15m }\n"))
        .isEqualTo(new SleepSettings(Duration.ofMinutes(15)));
    assertThat(sleep("    sleep: { after: 1s, level: 1 }\n"))
        .isEqualTo(new SleepSettings(Duration.ofSeconds(1)));
  }

  private static @Nullable SleepSettings sleep(String line) {
    return valid(MINIMAL + line).pools().getFirst().settings().sleep();
  }
}
