package dev.loragateway.config;

import static dev.loragateway.config.Configs.MINIMAL;
import static dev.loragateway.config.Configs.errors;
import static dev.loragateway.config.Configs.parse;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.config.GatewayConfig.Pool;
import dev.loragateway.kubernetes.AnnotationSettings;
import dev.loragateway.kubernetes.KubernetesSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigErrorsTest {
  @Test
  void file_withEightMistakes_yieldsEightErrors() {
    String yaml =
        """
        listen: 8080
        pools:
          - name: llama
            baseModle: base
            endpoints:
              - http://10.0.0.1:8000
              - htp://x
            scrape: { interval: 30 }
            routing: { policy: lora-awre }
            upstream: { apiKey: "${VLLM_KEY}" }
        retries: { budget: 20 }
        limits: { body: 256MiB }
        """;

    assertThat(errors(yaml))
        .containsExactly(
            "gateway.yaml:1: listen: \"8080\" is not an address with a port (expected: an IP"
                + " address or localhost and a port, as 127.0.0.1:8080, [::1]:8080 or, on every"
                + " interface, :8080)",
            "gateway.yaml:4: pools[0].baseModle: is an unknown key (did you mean \"baseModel\"?)",
            "gateway.yaml:7: pools[0].endpoints[1]: \"htp://x\" is not a URL (expected:"
                + " http://HOST:PORT or https://HOST:PORT)",
            "gateway.yaml:8: pools[0].scrape.interval: \"30\" has no unit: add ms, s, m or h"
                + " (expected: a duration from 50ms to 1m, as 200ms, 2s, 10m or 1h)",
            "gateway.yaml:9: pools[0].routing.policy: \"lora-awre\" is not known: did you mean"
                + " \"lora-aware\"? (expected: one of lora-aware, tiered, hash, least-request,"
                + " round-robin, random)",
            "gateway.yaml:10: pools[0].upstream.apiKey: the environment variable VLLM_KEY is not"
                + " set (expected: a value, or a default as ${VLLM_KEY:-default})",
            "gateway.yaml:11: retries.budget: \"20\" has no percent sign (expected: a whole"
                + " percentage from 0% to 100%, as 20%)",
            "gateway.yaml:12: limits.body: body 256MiB exceeds buffered 128MiB (expected: body at"
                + " most as large as buffered)");
  }

  @Test
  void alias_ofAdaptersOfTwoBaseModels_isAnError() {
    String pools =
        MINIMAL + "  - { name: other, baseModel: other, endpoints: [ 'http://10.0.0.9:8000' ] }\n";
    String list =
        """
        adapters:
          list:
            - { name: a, source: /a, baseModel: base, aliases: { help: 1 } }
            - { name: b, source: /b, baseModel: other, aliases: { help: 1 } }
            - { name: c, source: /c, aliases: { help: 1 } }
        """;

    assertThat(errors(pools + list))
        .singleElement()
        .asString()
        .endsWith(
            "adapters.list[1].aliases: \"help\" is shared with an adapter of \"base\" (expected:"
                + " adapters of one base model)");
  }

  /** Each row is one mistake in a key of a pool. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "scrape: { interval: 49ms }|scrape.interval|\"49ms\" is out of range (expected: a duration"
            + " from 50ms to 1m, as 200ms, 2s, 10m or 1h)",
        "scrape: { timeout: 0 }|scrape.timeout|\"0\" is out of range (expected: a duration from 1ms"
            + " to 1m, as 200ms, 2s, 10m or 1h)",
        "scrape: { timeout: 1.5s }|scrape.timeout|\"1.5s\" is not a duration (expected: a duration"
            + " from 1ms to 1m, as 200ms, 2s, 10m or 1h)",
        "scrape: { timeout: 1d }|scrape.timeout|\"1d\" is not a duration (expected: a duration from"
            + " 1ms to 1m, as 200ms, 2s, 10m or 1h)",
        "scrape: { timeout: 999999999999999999h }|scrape.timeout|\"999999999999999999h\" is out of"
            + " range (expected: a duration from 1ms to 1m, as 200ms, 2s, 10m or 1h)",
        "scrape: { staleAfter: 500ms }|scrape.staleAfter|500ms is not longer than the interval"
            + " 500ms (expected: several intervals)",
        "scrape: [ 1s ]|scrape|is a list, not a mapping (expected: the keys interval, timeout,"
            + " modelsInterval, staleAfter)",
        "scrape: 1s|scrape|\"1s\" is not a mapping (expected: the keys interval, timeout,"
            + " modelsInterval, staleAfter)",
        "engine: vllmm|engine|\"vllmm\" is not known: did you mean \"vllm\"? (expected: one of"
            + " vllm, sglang)",
        "engine: triton|engine|\"triton\" is not known (expected: one of vllm, sglang)",
        "resolver: yes|resolver|\"yes\" is neither true nor false (expected: true or false)",
        "adapterSlots: 0|adapterSlots|\"0\" is out of range (expected: a whole number from 1 to"
            + " 1000000)",
        "adapterSlots: 1.5|adapterSlots|\"1.5\" is not a whole number (expected: a whole number"
            + " from 1 to 1000000)",
        "adapterSlots: { a: 1 }|adapterSlots|is a mapping, not a single value (expected: a whole"
            + " number from 1 to 1000000)",
        "adapterSlots: ~|adapterSlots|is empty (expected: a whole number from 1 to 1000000)",
        "aliases: { x: '' }|aliases.x|is empty (expected: a model's name of up to 256 characters,"
            + " without spaces around it or control characters)",
        "aliases: { x: ' y' }|aliases.x|\" y\" is not a model's name (expected: a model's name of"
            + " up to 256 characters, without spaces around it or control characters)",
        "aliases: { ' x': y }|aliases[\" x\"]|\" x\" is not a model's name (expected: a model's"
            + " name of up to 256 characters, without spaces around it or control characters)",
        "aliases: [ x ]|aliases|is a list, not a mapping (expected: names with values)",
        "aliases: { base: x }|aliases.base|\"base\" is taken by pools[0].baseModel already"
            + " (expected: each model's name and alias once in the file)",
        "aliases: { x: { y: 0, z: 0 } }|aliases.x|gives all of \"x\" a weight of 0 (expected: one"
            + " above 0)",
        "aliases: { x: { y: 1001 } }|aliases.x.y|\"1001\" is out of range (expected: a whole"
            + " number from 0 to 1000)",
        "aliases: { x: { base: 1, y: 2 }, y: base }|aliases.x.y|\"y\" is an alias itself"
            + " (expected: the name of a model)",
        "aliases: { x: [ y ] }|aliases.x|is a list, not a single value (expected: a model's"
            + " name of up to 256 characters, without spaces around it or control characters)",
        "aliases: { x: y, y: base }|aliases.x|\"y\" is an alias itself (expected: the name of a"
            + " model)",
        "upstream: { apiKey: 'a b' }|upstream.apiKey|has a character that cannot be sent in a"
            + " header (expected: printable ASCII characters without spaces)",
        "saturation: { maxKvCache: 90 }|saturation.maxKvCache|\"90\" is out of range (expected: a"
            + " number above 0, up to 1, as 0.9)",
        "saturation: { maxKvCache: 90% }|saturation.maxKvCache|\"90%\" is not a number (expected: a"
            + " number above 0, up to 1, as 0.9)",
        "saturation: { maxWaiting: -1 }|saturation.maxWaiting|\"-1\" is out of range (expected: a"
            + " whole number from 0 to 1000000)",
        "queue: { capacity: many }|queue.capacity|\"many\" is not a whole number (expected: a whole"
            + " number from 0 to 1000000)",
        "queue: { models: { a: gold } }|queue.models|\"gold\" of \"a\" is no priority class"
            + " (expected one of: batch, premium, standard)",
        "scaling: { utilization: 0.7 }|scaling.utilization|\"0.7\" is not a percentage (expected: a"
            + " whole percentage from 1% to 100%, as 20%)",
        "scaling: { swapTime: 0% }|scaling.swapTime|\"0%\" is out of range (expected: a whole"
            + " percentage from 1% to 100%, as 20%)",
        "sleep: { level: 1 }|sleep.after|is missing (expected: a duration from 1s to 24h, as 200ms,"
            + " 2s, 10m or 1h)",
        "sleep: { after: 10ms }|sleep.after|\"10ms\" is out of range (expected: a duration from 1s"
            + " to 24h, as 200ms, 2s, 10m or 1h)",
        "sleep: { after: 15m, level: 2 }|sleep.level|2 drops the weights, which no call brings back"
            + " (expected: 1)",
        "sleep: { after: 15m, level: 3 }|sleep.level|\"3\" is out of range (expected: a whole"
            + " number from 1 to 2)",
        "kubernetes: { port: 8000 }|kubernetes.service|is missing (expected: a Kubernetes name: up"
            + " to 253 lower-case letters, digits, dots and dashes)",
        "kubernetes: { service: VLLM }|kubernetes.service|\"VLLM\" is not a Kubernetes name"
            + " (expected: a Kubernetes name: up to 253 lower-case letters, digits, dots and"
            + " dashes)",
        "kubernetes: { service: a, port: 70000 }|kubernetes.port|\"70000\" is neither a port's name"
            + " nor one (expected: the name or the number of a port)",
        "kubernetes: []|kubernetes|is empty (expected: a mapping, or a list of at least one)",
        "inferencePool: [ { namespace: x } ]|inferencePool[0].name|is missing (expected: a"
            + " Kubernetes name: up to 253 lower-case letters, digits, dots and dashes)",
        "colour: red|colour|is an unknown key (expected one of: name, baseModel, endpoints,"
            + " upstream, engine, scrape, adapterSlots, cpuAdapterSlots, kubernetes, inferencePool,"
            + " resolver, aliases, saturation, maxNumSeqs, routing, queue, scaling,"
            + " outlierDetection, sleep, timeouts)",
        "adapter_slots: 4|adapter_slots|is an unknown key (did you mean \"adapterSlots\"?)",
      })
  void pool_withOneMistake_namesKeyAndExpectation(String line, String path, String message) {
    assertThat(errors(MINIMAL + "    " + line + "\n"))
        .containsExactly("gateway.yaml:5: pools[0]." + path + ": " + message);
  }

  /** Each row is one mistake in a key outside the pools. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "listen: example.com:80|listen|\"example.com:80\" has no IP address before the port",
        "listen: 127.0.0.1:70000|listen|\"127.0.0.1:70000\" has a port out of range",
        "listen: 127.0.0.256:80|listen|\"127.0.0.256:80\" has no IP address before the port",
        "listen: '[::x]:80'|listen|\"[::x]:80\" has no IP address before the port",
        "admin: { listen: 127.0.0.1:8080 }|admin.listen|is taken by listen already (expected:"
            + " another port than the clients' one)",
        "admin: { listen: 0.0.0.0:8080 }|admin.listen|is taken by listen already",
        "timeouts: { total: 30 }|timeouts.total|\"30\" has no unit: add ms, s, m or h (expected: 0"
            + " for off, or a duration up to 24h, as 200ms, 2s, 10m or 1h)",
        "timeouts: { connect: 0 }|timeouts.connect|\"0\" is out of range",
        "retries: { max: 11 }|retries.max|\"11\" is out of range (expected: a whole number from 0"
            + " to 10)",
        "retries: { budget: 101% }|retries.budget|\"101%\" is out of range",
        "retries: { budget: lots }|retries.budget|\"lots\" is not a percentage",
        "limits: { body: 8Mib }|limits.body|\"8Mib\" is not a size (expected: a size from 1KiB to"
            + " 1GiB, as 64KiB, 8MiB or 1GiB)",
        "limits: { body: 2GiB }|limits.body|\"2GiB\" is out of range",
        "limits: { body: -1 }|limits.body|\"-1\" is not a size",
        "limits: { buffered: 1MiB }|limits.buffered|body 64MiB exceeds buffered 1MiB",
        "drain: { delay: 2h }|drain.delay|\"2h\" is out of range (expected: 0 for off, or a"
            + " duration up to 1h, as 200ms, 2s, 10m or 1h)",
        "headers: { tiers: true }|headers.tiers|is an unknown key (did you mean \"tier\"?)",
        "adapters: { list: [ { name: 'a b', source: /a } ] }|adapters.list[0].name|\"a b\" is no"
            + " adapter's name (expected: letters, digits and . _ + = - in segments between /)",
        "adapters: { list: [ { name: a } ] }|adapters.list[0].source|is missing (expected:"
            + " file:///PATH, /PATH, or a URL of http, https, s3 or hf)",
        "adapters: { list: [ { name: a, source: 'ftp://x' } ] }|adapters.list[0].source|"
            + "\"ftp://x\" is no source of an adapter",
        "adapters: { list: [ { name: a, source: /a }, { name: a, source: /b } ] }|"
            + "adapters.list[1].name|\"a\" is taken by adapters.list[0].name already",
        "adapters: { list: [ { name: base, source: /a } ] }|adapters.list[0].name|\"base\" is taken"
            + " by pools[0].baseModel already",
        "adapters: { list: [ { name: a, source: /a, baseModel: other } ] }|"
            + "adapters.list[0].baseModel|\"other\" is served by no pool (expected: one of base)",
        "adapters: { list: [ { name: a, source: /a, replicas: 4-1 } ] }|"
            + "adapters.list[0].replicas|\"4-1\" is no number of replicas (expected: a number, all,"
            + " auto, or bounds such as 0-4)",
        "adapters: { list: [ { name: a, source: /a, aliases: { b: 2000 } } ] }|"
            + "adapters.list[0].aliases.b|\"2000\" is out of range (expected: a whole number from 0"
            + " to 1000)",
        "adapters: { list: [ { name: a, source: /a, aliases: { b: 1 } }, { name: b, source: /b } ]"
            + " }|adapters.list[0].aliases.b|\"b\" is taken by adapters.list[1].name already",
        "adapters: { list: [ { name: a, source: /a, aliases: { base: 1 } } ] }|"
            + "adapters.list[0].aliases.base|\"base\" is taken by pools[0].baseModel already",
        "adapters: { list: [ { name: a, source: /a, sha256: 12 } ] }|adapters.list[0].sha256|"
            + "\"12\" is no SHA-256 (expected: 64 hexadecimal digits)",
        "adapters: { directory: { interval: 5s } }|adapters.directory.path|is missing (expected:"
            + " the path of a file",
        "adapters: { directory: { path: /a, enginePath: b } }|adapters.directory.enginePath|\"b\""
            + " is not absolute (expected: /PATH)",
        "adapters: { placement: { strategy: best } }|adapters.placement.strategy|\"best\" is not"
            + " known (expected: one of balanced, least-adapters, bin-pack, random)",
        "adapters: { placement: { reserve: 100% } }|adapters.placement.reserve|\"100%\" leaves no"
            + " slot (expected: less)",
        "adapters: { demand: { perReplica: 0 } }|adapters.demand.perReplica|\"0\" is out of range"
            + " (expected: a number above 0)",
        "adapters: { loading: { runtimePort: 0 } }|adapters.loading.runtimePort|\"0\" is out of"
            + " range",
        "adapters: { loading: { runtimeApiKey: k } }|adapters.loading.runtimeApiKey|is for no"
            + " runtime (expected: runtimePort, too)",
        "semantic: {}|semantic|is not supported in this version",
        "listne: x|listne|is an unknown key (did you mean \"listen\"?)",
      })
  void root_withOneMistake_namesKeyAndExpectation(String line, String path, String message) {
    assertThat(errors(MINIMAL + line + "\n"))
        .singleElement()
        .asString()
        .startsWith("gateway.yaml:5: " + path + ": " + message);
  }

  @ParameterizedTest
  @CsvSource({
    "htp://x, is not a URL",
    "10.0.0.1:8000, is not a URL",
    "http://, is not a URL",
    "http://a:b, is not a URL",
    "http://::1:80, is not a URL",
    "http://a:0, 'has a port out of range, 1 to 65535'",
    "http://a:65536, 'has a port out of range, 1 to 65535'",
    "http://a:8000/v1, has a path",
    "http://a?x=1, has a query or a fragment",
    "http://a/#x, has a query or a fragment",
    "http://a b, has no valid host",
    "http://-, has no valid host",
    "http://1.2.3, has no valid host",
    "http://1.2.3.400, has no valid host",
    "http://[1::2::3], has no valid host",
    "http://:80, has no valid host",
  })
  void endpoint_malformed_isRefused(String url, String problem) {
    assertThat(errors(MINIMAL.replace("http://a:8000", url)))
        .containsExactly(
            "gateway.yaml:4: pools[0].endpoints[0]: \"%s\" %s (expected: http://HOST:PORT or https://HOST:PORT)"
                .formatted(url, problem));
  }

  @Test
  void endpoint_withPassword_isRefusedWithoutShowingIt() {
    assertThat(errors(MINIMAL.replace("http://a:8000", "http://me:secret@a:8000")))
        .singleElement()
        .asString()
        .contains("\"http://***@a:8000\" has user information")
        .doesNotContain("secret");
  }

  @Test
  void names_takenTwice_pointToTheFirstPlace() {
    String yaml =
        MINIMAL
            + """
                aliases: { chat: base }
              - name: p
                baseModel: base
                endpoints: [ "http://b:80", "https://A:8000", "http://b" ]
                aliases: { chat: base }
            """;

    assertThat(errors(yaml))
        .containsExactly(
            "gateway.yaml:6: pools[1].name: \"p\" is taken by pools[0].name already (expected:"
                + " another name for each pool)",
            "gateway.yaml:7: pools[1].baseModel: \"base\" is taken by pools[0].baseModel already"
                + " (expected: each model's name and alias once in the file)",
            "gateway.yaml:8: pools[1].endpoints[1]: \"a:8000\" is taken by pools[0].endpoints[0]"
                + " already (expected: each endpoint once in the file)",
            "gateway.yaml:8: pools[1].endpoints[2]: \"b:80\" is taken by pools[1].endpoints[0]"
                + " already (expected: each endpoint once in the file)",
            "gateway.yaml:9: pools[1].aliases.chat: \"chat\" is taken by pools[0].aliases.chat"
                + " already (expected: each model's name and alias once in the file)");
  }

  @Test
  void cpuSlots_belowGpuSlots_areRefused() {
    assertThat(errors(MINIMAL + "    adapterSlots: 8\n    cpuAdapterSlots: 4\n"))
        .containsExactly(
            "gateway.yaml:6: pools[0].cpuAdapterSlots: 4 is below adapterSlots 8 (expected: at"
                + " least as many, as vLLM demands)");
  }

  @Test
  void requiredKeys_missing_areNamed() {
    assertThat(errors(""))
        .containsExactly("gateway.yaml: pools: is missing (expected: at least one pool)");
    assertThat(errors("listen: :80"))
        .containsExactly("gateway.yaml: pools: is missing (expected: at least one pool)");
    assertThat(errors("pools: []"))
        .containsExactly("gateway.yaml:1: pools: is empty (expected: at least one pool)");
    assertThat(errors("pools:"))
        .containsExactly("gateway.yaml:1: pools: is empty (expected: at least one pool)");
    assertThat(errors("pools: [ x ]"))
        .containsExactly(
            "gateway.yaml:1: pools[0]: \"x\" is not a mapping (expected: the keys name, baseModel,"
                + " endpoints, upstream, engine, scrape, adapterSlots, cpuAdapterSlots, kubernetes,"
                + " inferencePool, resolver, aliases, saturation, maxNumSeqs, routing, queue,"
                + " scaling, outlierDetection, sleep, timeouts)");
    assertThat(errors("\npools:\n  - engine: vllm"))
        .hasSize(3)
        .allMatch(error -> error.startsWith("gateway.yaml:3: pools[0]."))
        .anyMatch(error -> error.contains("pools[0].name: is missing (expected: up to 63 letters"))
        .anyMatch(error -> error.contains("pools[0].baseModel: is missing (expected: a model's"))
        .anyMatch(
            error ->
                error.endsWith("endpoints: is missing (expected: a list of at least one URL)"));
    assertThat(errors(MINIMAL.replace("[ \"http://a:8000\" ]", "[]")))
        .containsExactly(
            "gateway.yaml:4: pools[0].endpoints: is empty (expected: a list of at least one URL)");
    assertThat(errors(MINIMAL.replace("[ \"http://a:8000\" ]", "http://a:8000")))
        .containsExactly(
            "gateway.yaml:4: pools[0].endpoints: \"http://a:8000\" is not a list (expected: a list"
                + " of at least one URL)");
  }

  @Test
  void pool_withDiscovery_isNotAskedForEndpoints() {
    String pool = "pools:\n  - name: p\n    baseModel: b\n";
    String sources =
        """
            kubernetes:
              - { namespace: llm, service: vllm, port: http }
              - { context: west, service: vllm, port: 8000 }
            inferencePool: { namespace: llm, name: pool }
            upstream: { tls: {} }
        """;

    Pool read = Configs.valid(pool + sources).pools().getFirst();

    assertThat(Configs.valid(pool + sources).annotations()).isEqualTo(AnnotationSettings.DEFAULTS);
    assertThat(
            Configs.valid(
                    pool
                        + sources
                        + "kubernetes: { annotations: { read: false, write: true }, lease: {"
                        + " namespace: edge, name: gateways } }")
                .annotations())
        .isEqualTo(new AnnotationSettings(false, true, "edge", "gateways"));
    assertThat(read.endpoints()).isEmpty();
    assertThat(read.access().tls()).isNotNull();
    assertThat(read.sources())
        .containsExactly(
            new KubernetesSource.Service("", "llm", "vllm", "http"),
            new KubernetesSource.Service("west", "", "vllm", "8000"),
            new KubernetesSource.InferencePool("", "llm", "pool"));
  }

  @Test
  void tlsOfClients_withoutItsFiles_isRefused() {
    assertThat(errors(MINIMAL + "tls: { certificate: none.crt, clientOptional: true }\n"))
        .hasSize(3)
        .anyMatch(
            error ->
                error.contains("tls.certificate: ")
                    && error.contains("none.crt\" is not a readable file"))
        .anyMatch(error -> error.contains("tls.key: is missing (expected: certificate and key)"))
        .anyMatch(error -> error.contains("tls.clientOptional: has no effect without clientCa"));
  }

  @Test
  void tls_withoutHttpsEndpoint_isRefused(@TempDir Path directory) throws IOException {
    assertThat(errors(MINIMAL + "    upstream:\n      tls: {}\n"))
        .containsExactly(
            "gateway.yaml:6: pools[0].upstream.tls: has no effect: every endpoint is http"
                + " (expected: https endpoints)");
  }

  @Test
  void ca_thatIsNoCertificate_isRefused(@TempDir Path directory) throws IOException {
    Files.writeString(directory.resolve("text.pem"), "hello");
    Files.writeString(directory.resolve("empty.pem"), "");
    String yaml = MINIMAL.replace("http://a", "https://a") + "    upstream: { tls: { ca: CA } }\n";
    String expected =
        " (expected: a readable PEM file of certificates; a relative path begins at the"
            + " configuration file)";

    for (Map.Entry<String, String> ca :
        Map.of(
                "none.pem", "is not a readable file",
                ".", "is not a readable file",
                "text.pem", "holds no valid certificate",
                "empty.pem", "holds no certificate")
            .entrySet()) {
      Path file = Files.writeString(directory.resolve("g.yaml"), yaml.replace("CA", ca.getKey()));
      assertThat(errors(ConfigLoader.load(file, Map.of())))
          .containsExactly(
              "%s:5: pools[0].upstream.tls.ca: \"%s\" %s%s"
                  .formatted(file, directory.resolve(ca.getKey()), ca.getValue(), expected));
    }
  }

  @Test
  void variables_wronglyWritten_areRefused() {
    String yaml =
        """
        pools:
          - name: ${NAME
            baseModel: ${1X} ${A} ${}
            endpoints: [ "http://${HOST}:${PORT}" ]
        """;

    assertThat(errors(parse(yaml, Map.of("HOST", "a"))))
        .containsExactly(
            "gateway.yaml:2: pools[0].name: \"${NAME\" is not a variable (expected: ${NAME} or"
                + " ${NAME:-default}; $${ for a literal ${)",
            "gateway.yaml:3: pools[0].baseModel: \"${1X}\" is not a variable (expected: ${NAME} or"
                + " ${NAME:-default}; $${ for a literal ${); the environment variable A is not set"
                + " (expected: a value, or a default as ${A:-default}); \"${}\" is not a variable"
                + " (expected: ${NAME} or ${NAME:-default}; $${ for a literal ${)",
            "gateway.yaml:4: pools[0].endpoints[0]: the environment variable PORT is not set"
                + " (expected: a value, or a default as ${PORT:-default})");
  }

  @Test
  void key_emptyInTheEnvironment_isRefused() {
    String yaml = MINIMAL + "    upstream: { apiKey: \"${KEY}\" }\n";

    assertThat(errors(parse(yaml, Map.of("KEY", ""))))
        .containsExactly(
            "gateway.yaml:5: pools[0].upstream.apiKey: is empty (expected: printable ASCII"
                + " characters without spaces)");
  }

  @Test
  void secret_malformed_isNotShown() {
    String yaml = MINIMAL + "    upstream: { apiKey: \"${KEY}\" }\n";

    assertThat(errors(parse(yaml, Map.of("KEY", "sk-secret\n"))))
        .singleElement()
        .asString()
        .doesNotContain("sk-secret");
  }

  @Test
  void syntax_broken_namesTheLine() {
    assertThat(errors("listen: [1\npools: x"))
        .containsExactly(
            "gateway.yaml:2: is not valid YAML: while parsing a flow sequence, expected ',' or ']',"
                + " but got :");
    assertThat(errors("pools: x\n\tlisten: y"))
        .singleElement()
        .asString()
        .startsWith("gateway.yaml:2: is not valid YAML: while scanning for the next token, found");
    assertThat(errors("pools: [ ${X} ]"))
        .singleElement()
        .asString()
        .endsWith("(within [ ] and { } quotes are needed around ${NAME} and :PORT)");
    assertThat(errors("? [a]\n: b")).singleElement().asString().contains("is not valid YAML");
    assertThat(errors("a: \0")).singleElement().asString().contains("is not valid YAML");
  }

  @Test
  void keys_twice_areAllRefusedBesideOtherMistakes() {
    assertThat(errors("listen: x\n" + MINIMAL + "    name: q\nlisten: :80\n"))
        .containsExactly(
            "gateway.yaml:1: listen: \"x\" is not an address with a port (expected: an IP address"
                + " or localhost and a port, as 127.0.0.1:8080, [::1]:8080 or, on every interface,"
                + " :8080)",
            "gateway.yaml:6: pools[0].name: is there twice, first in line 3 (expected: once)",
            "gateway.yaml:7: listen: is there twice, first in line 1 (expected: once)");
  }

  @Test
  void aliases_ofYaml_areRefusedUnexpanded() {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x]\n");
    for (int i = 1; i < 30; i++) {
      bomb.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
    }

    assertThat(errors(bomb + MINIMAL))
        .contains("gateway.yaml:2: a1[0]: *a0 is an alias (expected: the value itself)")
        .hasSize(30 + 2 * 29);
    assertThat(errors(MINIMAL + "retries: &r { max: 1 }\ndrain:\n  <<: *r\n"))
        .containsExactly(
            "gateway.yaml:7: drain[\"<<\"]: *r is an alias (expected: the value itself)");
  }

  @Test
  void documents_nestedTooDeeplyOrTwo_areRefused() {
    assertThat(errors("a: " + "[".repeat(100_000))).hasSize(1);
    assertThat(errors(MINIMAL + "---\n" + MINIMAL))
        .containsExactly("gateway.yaml:6: a second document begins here (expected: a single one)");
    assertThat(errors("- a"))
        .containsExactly(
            "gateway.yaml:1: is a list, not a mapping (expected: the keys listen, admin, pools,"
                + " timeouts, retries, limits, headers, access, drain, adapters, tls, kubernetes,"
                + " redis, accessLog)");
  }

  @Test
  void file_unreadable_saysWhy(@TempDir Path directory) throws IOException {
    Path none = directory.resolve("none.yaml");
    Path large = Files.write(directory.resolve("large.yaml"), new byte[(1 << 20) + 1]);
    Path latin1 = Files.write(directory.resolve("latin1.yaml"), new byte[] {'#', (byte) 0xe4});

    assertThat(errors(ConfigLoader.load(none, Map.of())))
        .containsExactly(none + ": does not exist (expected: a YAML file)");
    assertThat(errors(ConfigLoader.load(large, Map.of())))
        .containsExactly(large + ": is too large (expected: at most 1MiB)");
    assertThat(errors(ConfigLoader.load(latin1, Map.of())))
        .containsExactly(latin1 + ": is not text in UTF-8");
    assertThat(errors(ConfigLoader.load(directory, Map.of())))
        .singleElement()
        .asString()
        .startsWith(directory + ": cannot be read: ");
  }

  @Test
  void error_withControlCharacters_staysOneShortLine() {
    List<String> errors = errors(MINIMAL + "listen: \"\\n\\e[31m" + "x".repeat(5000) + "\"");

    assertThat(errors)
        .singleElement()
        .asString()
        .hasSizeLessThan(400)
        .doesNotContain("\n", "\u001b");
  }
}
