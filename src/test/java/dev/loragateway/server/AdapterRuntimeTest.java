package dev.loragateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.loragateway.adapters.AdapterPhase;
import dev.loragateway.adapters.AdapterSettings;
import dev.loragateway.adapters.AdapterSource;
import dev.loragateway.adapters.AdapterSpec;
import dev.loragateway.adapters.AdapterStatus;
import dev.loragateway.adapters.EngineKind;
import dev.loragateway.adapters.PlacementSettings;
import dev.loragateway.adapters.Preferences;
import dev.loragateway.adapters.Replicas;
import dev.loragateway.registry.ServedNames;
import dev.loragateway.runtime.FetchLimits;
import dev.loragateway.runtime.RuntimeServer;
import dev.loragateway.runtime.RuntimeSettings;
import dev.loragateway.sim.SimRequest;
import dev.loragateway.sim.SimulatedServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Adapters that a gateway has a runtime fetch, which has a simulated engine load them. */
class AdapterRuntimeTest {
  private static final String LOAD = "/v1/load_lora_adapter";
  private static final String UNLOAD = "/v1/unload_lora_adapter";
  private static final String ENGINE_KEY = "engine-key";
  private static final String RUNTIME_KEY = "runtime-key";
  private static final InetAddress HERE = InetAddress.ofLiteral("127.0.0.1");
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final ObjectMapper JSON = new ObjectMapper();

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  @TempDir Path directory;
  private final Map<String, byte[]> archives = new ConcurrentHashMap<>();
  private AdapterFolder folder;
  private SimulatedServer engine;
  private RuntimeServer runtime;
  private HttpServer web;

  @BeforeEach
  void start() throws IOException {
    folder = new AdapterFolder(Files.createDirectory(directory.resolve("files")));
    engine = gateways.simulator("base");
    web = HttpServer.create(new InetSocketAddress(HERE, 0), 0);
    web.createContext(
        "/",
        exchange -> {
          try (exchange) {
            byte[] archive = archives.get(exchange.getRequestURI().getPath());
            exchange.sendResponseHeaders(archive == null ? 404 : 200, archive == null ? -1 : 0);
            if (archive != null) {
              exchange.getResponseBody().write(archive);
            }
          }
        });
    web.start();
  }

  @AfterEach
  void stop() {
    runtime.close();
    web.stop(0);
  }

  /** Starts the sidecar, whose volume has room for so many bytes. */
  private void startRuntime(long maxTotal) throws IOException {
    runtime =
        RuntimeServer.start(
            new RuntimeSettings(
                new InetSocketAddress(HERE, 0),
                false,
                Files.writeString(directory.resolve("runtime.key"), RUNTIME_KEY),
                EngineKind.VLLM,
                URI.create("http://" + engine.address()),
                Files.writeString(directory.resolve("engine.key"), ENGINE_KEY),
                volume(),
                volume().toString(),
                maxTotal,
                FetchLimits.DEFAULTS,
                List.of(folder.root()),
                null,
                Map.of()));
  }

  private Path volume() {
    return directory.resolve("volume");
  }

  private Setup keyed(@Nullable String runtimeKey, AdapterSpec... specs) {
    return Setup.of(engine.address())
        .askOften()
        .apiKey(ENGINE_KEY)
        .adapters(
            new AdapterSettings(
                null,
                List.of(specs),
                null,
                null,
                PlacementSettings.DEFAULT,
                new AdapterSettings.Loading(
                    2, 1000, SOON, Duration.ofSeconds(5), runtime.address().getPort(), runtimeKey),
                AdapterSettings.Demand.DEFAULTS));
  }

  private Setup setup(AdapterSpec... specs) {
    return keyed(RUNTIME_KEY, specs);
  }

  /** An adapter of the folder, which the gateway does not see. */
  private AdapterSpec file(String name, String directory) {
    return spec(name, "file://" + folder.root().resolve(directory), null);
  }

  private AdapterSpec archive(String name, String archive, String sha256) {
    return spec(name, "http://127.0.0.1:" + web.getAddress().getPort() + archive, sha256);
  }

  private static AdapterSpec spec(String name, String url, @Nullable String sha256) {
    AdapterSource source = new AdapterSource(url, sha256, Map.of(), null);
    return new AdapterSpec(name, "base", source, Replicas.of(1), Preferences.NONE, List.of());
  }

  /** Puts an archive of an adapter on the web; returns its hash, the same for the same content. */
  private String pack(String path, int content) throws IOException {
    Path files = folder.write("packed", content);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (String name : List.of("adapter_config.json", "adapter_model.safetensors")) {
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(LocalDateTime.of(2026, 1, 1, 0, 0));
        zip.putNextEntry(entry);
        zip.write(Files.readAllBytes(files.resolve(name)));
        zip.closeEntry();
      }
    }
    archives.put(path, bytes.toByteArray());
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes.toByteArray());
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static @Nullable AdapterStatus status(Gateway gateway, String adapter) {
    return gateway.adapters().statuses().get(adapter);
  }

  private static void awaitPhase(Gateway gateway, String adapter, AdapterPhase phase) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(status(gateway, adapter))
                    .satisfies(now -> assertThat(now).isNotNull())
                    .extracting(AdapterStatus::phase)
                    .isEqualTo(phase));
  }

  private static String internal(Gateway gateway, String adapter) {
    return ServedNames.internal(
        adapter, Objects.requireNonNull(status(gateway, adapter)).serving());
  }

  private List<SimRequest> seen(String path) {
    return engine.requests().stream().filter(request -> request.path().equals(path)).toList();
  }

  /** The directory that the engine was told to load an adapter from. */
  private Path loadedFrom(String internal) throws IOException {
    for (SimRequest request : seen(LOAD)) {
      if (internal.equals(request.model())) {
        return Path.of(JSON.readTree(request.body()).path("lora_path").asText());
      }
    }
    throw new AssertionError(internal + " was not loaded");
  }

  private void assertServed(Gateway gateway, String adapter) {
    WireResponse answer = gateways.chat(gateway, adapter);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).contains("\"model\":\"" + adapter + "\"");
    assertThat(seen("/v1/chat/completions").getLast().model())
        .isEqualTo(internal(gateway, adapter));
  }

  @Test
  void adapters_fromFilesAndTheWeb_areFetchedLoadedAndServed() throws IOException {
    startRuntime(Long.MAX_VALUE);
    Path law = folder.write("law-v1", 1);
    String sha256 = pack("/tax.zip", 2);
    Gateway gateway =
        gateways.start(setup(file("law", "law-v1"), archive("acme/tax", "/tax.zip", sha256)));
    awaitPhase(gateway, "law", AdapterPhase.READY);
    awaitPhase(gateway, "acme/tax", AdapterPhase.READY);

    assertServed(gateway, "law");
    assertServed(gateway, "acme/tax");
    assertThat(seen(LOAD))
        .hasSize(2)
        .extracting(request -> request.headers().get("authorization"))
        .containsOnly("Bearer " + ENGINE_KEY);
    Path fetched = loadedFrom(internal(gateway, "law"));
    assertThat(fetched.getParent()).isEqualTo(volume().resolve("artifacts"));
    assertThat(fetched.resolve("adapter_model.safetensors"))
        .hasSameBinaryContentAs(law.resolve("adapter_model.safetensors"));
    assertThat(loadedFrom(internal(gateway, "acme/tax")).resolve("adapter_model.safetensors"))
        .hasSameBinaryContentAs(folder.root().resolve("packed/adapter_model.safetensors"));
  }

  @Test
  void otherSource_isServedFromThenOn_andWhatWasBeforeIsUnloaded() throws IOException {
    startRuntime(Long.MAX_VALUE);
    String first = pack("/v1.zip", 1);
    Gateway gateway = gateways.start(setup(archive("law", "/v1.zip", first)));
    awaitPhase(gateway, "law", AdapterPhase.READY);
    assertServed(gateway, "law");
    String before = internal(gateway, "law");
    String second = pack("/v2.zip", 2);

    gateway.reload(setup(archive("law", "/v2.zip", second)).build());
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(gateways.chat(gateway, "law").status()).isEqualTo(200);
              assertThat(seen(UNLOAD)).extracting(SimRequest::model).containsExactly(before);
            });

    assertServed(gateway, "law");
    assertThat(internal(gateway, "law")).isNotEqualTo(before);
    assertThat(loadedFrom(internal(gateway, "law"))).isNotEqualTo(loadedFrom(before));
    assertThat(seen("/v1/chat/completions"))
        .extracting(SimRequest::model)
        .containsOnly(before, internal(gateway, "law"));
  }

  @Test
  void removedAdapter_isUnloaded_andItsFilesGiveWayToOthers() throws IOException {
    folder.write("law", 1);
    folder.write("tax", 2);
    startRuntime(bytes("law") * 3 / 2);
    Gateway gateway = gateways.start(setup(file("law", "law")));
    awaitPhase(gateway, "law", AdapterPhase.READY);
    String law = internal(gateway, "law");
    Path fetched = loadedFrom(law);

    gateway.reload(setup(file("tax", "tax")).build());
    awaitPhase(gateway, "tax", AdapterPhase.READY);

    assertServed(gateway, "tax");
    assertThat(gateways.chat(gateway, "law").status()).isEqualTo(404);
    assertThat(seen(UNLOAD)).extracting(SimRequest::model).containsExactly(law);
    assertThat(fetched).doesNotExist();
    assertThat(loadedFrom(internal(gateway, "tax"))).isDirectory();
  }

  private long bytes(String name) throws IOException {
    Path at = folder.root().resolve(name);
    return Files.size(at.resolve("adapter_config.json"))
        + Files.size(at.resolve("adapter_model.safetensors"));
  }

  @Test
  void otherChecksum_isToldAndNotTriedAgain_andTheEngineIsNotAsked() throws IOException {
    startRuntime(Long.MAX_VALUE);
    String sha256 = pack("/law.zip", 1);
    pack("/law.zip", 2);
    Gateway gateway = gateways.start(setup(archive("law", "/law.zip", sha256)));

    awaitPhase(gateway, "law", AdapterPhase.FAILED);

    AdapterStatus status = Objects.requireNonNull(status(gateway, "law"));
    assertThat(status.message()).contains("the sha256 of the archive is", "expected: " + sha256);
    assertThat(status.copies())
        .singleElement()
        .satisfies(copy -> assertThat(copy.retryAt()).isZero());
    assertThat(seen(LOAD)).isEmpty();
    assertThat(gateways.chat(gateway, "law").status()).isEqualTo(503);

    pack("/law.zip", 1);
    gateway.reload(setup().build());
    await().atMost(SOON).until(() -> status(gateway, "law") == null);
    gateway.reload(setup(archive("law", "/law.zip", sha256)).build());
    awaitPhase(gateway, "law", AdapterPhase.READY);
    assertServed(gateway, "law");
  }

  @Test
  void runtimeThatWantsAKey_isNotSentTheEngines_andIsAskedAgainWithItsOwn() throws IOException {
    startRuntime(Long.MAX_VALUE);
    folder.write("law", 1);
    Gateway gateway = gateways.start(keyed(null, file("law", "law")));
    awaitPhase(gateway, "law", AdapterPhase.FAILED);
    assertThat(Objects.requireNonNull(status(gateway, "law")).message())
        .contains("the runtime at 127.0.0.1:" + runtime.address().getPort() + ": 401 a key");

    gateway.reload(setup(file("law", "law")).build());
    awaitPhase(gateway, "law", AdapterPhase.READY);

    assertServed(gateway, "law");
  }
}
