package dev.loragateway.runtime;

import static dev.loragateway.runtime.RuntimeExtension.SOON;
import static dev.loragateway.runtime.RuntimeExtension.loading;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.loragateway.runtime.RuntimeExtension.Answer;
import dev.loragateway.sim.SimFault;
import dev.loragateway.sim.SimRequest;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The sidecar's API, in front of a simulated engine. */
class RuntimeServerTest {
  private static final TestAdapter ADAPTER = TestAdapter.of(1);
  private static final String ARCHIVE = "/support.tar.gz";

  @RegisterExtension final RuntimeExtension runtime = new RuntimeExtension();
  private FileServer web;

  @BeforeEach
  void serve() throws IOException {
    web = new FileServer();
    web.put(ARCHIVE, Archives.gzip(Archives.tar(ADAPTER, "support/")));
  }

  @AfterEach
  void stop() {
    web.close();
  }

  private String file(TestAdapter adapter, String name) throws IOException {
    return "file://" + adapter.write(runtime.files().resolve(name));
  }

  private List<String> loadsAtTheEngine() {
    return runtime.sim().requests().stream()
        .map(SimRequest::path)
        .filter(path -> path.equals("/v1/load_lora_adapter"))
        .toList();
  }

  @Test
  void load_directory_isCopiedAndLoaded() throws IOException {
    runtime.start();
    Answer answer = runtime.load("acme/support", file(ADAPTER, "support"));
    String path = runtime.artifact(ADAPTER.sha256()).toString();
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json())
        .isEqualTo(
            JsonNodeFactory.instance
                .objectNode()
                .put("status", "success")
                .put("lora_name", "acme/support")
                .put("path", path)
                .put("sha256", ADAPTER.sha256())
                .put("bytes", (int) ADAPTER.bytes())
                .put("rank", 8)
                .put("alpha", 16.0)
                .<ObjectNode>set(
                    "target_modules",
                    JsonNodeFactory.instance.arrayNode().add("q_proj").add("v_proj"))
                .put("base_model", "base"));
    assertThat(runtime.loaded()).isEqualTo(Map.of("acme/support", path));
    assertThat(Path.of(path, TestAdapter.WEIGHTS))
        .hasBinaryContent(ADAPTER.file(TestAdapter.WEIGHTS));
  }

  @Test
  void load_again_isASuccessWithoutAnotherFetch() throws IOException {
    runtime.start();
    byte[] archive = Archives.tar(ADAPTER, "");
    web.put("/fixed.tar", archive);
    var body = loading("support", web.url("/fixed.tar"));
    body.putObject("additional_config").put("sha256", TestAdapter.sha256(archive));
    assertThat(runtime.load(body).status()).isEqualTo(200);
    assertThat(runtime.load(body).status()).isEqualTo(200);
    assertThat(web.asked()).hasSize(1);
    assertThat(loadsAtTheEngine()).hasSize(2);
  }

  @Test
  void load_equalContentFromTwoSources_sharesFiles() throws IOException {
    runtime.start();
    Answer one = runtime.load("one", file(ADAPTER, "one"));
    Answer two = runtime.load("two", web.url(ARCHIVE));
    assertThat(two.json().path("path")).isEqualTo(one.json().path("path"));
    assertThat(runtime.filesOnVolume()).hasSize(2);
    JsonNode artifact = runtime.artifacts("ready").getFirst();
    assertThat(artifact.path("names")).extracting(JsonNode::asText).containsExactly("one", "two");
    assertThat(artifact.path("sources")).hasSize(2);
  }

  @Test
  void load_nameThatTheEngineHasFromElsewhere_isAConflict() throws IOException {
    runtime.start();
    runtime.load("support", file(ADAPTER, "one"));
    Answer other = runtime.load("support", file(TestAdapter.of(2), "two"));
    assertThat(other.status()).isEqualTo(409);
    assertThat(other.type()).isEqualTo("NameInUse");
    assertThat(other.message()).contains("unload it first");
    assertThat(runtime.unload("support").status()).isEqualTo(200);
    assertThat(runtime.load("support", file(TestAdapter.of(2), "two")).status()).isEqualTo(200);
    assertThat(runtime.loaded().get("support")).endsWith(TestAdapter.of(2).sha256());
  }

  @Test
  void load_refusedByInspection_isNeverWorthARetry() throws IOException {
    runtime.start();
    TestAdapter pickled = ADAPTER.without(TestAdapter.WEIGHTS).with("adapter_model.bin", "x");
    Answer answer = runtime.load("support", file(pickled, "support"));
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.type()).isEqualTo("AdapterRefused");
    assertThat(answer.message()).contains("there is no adapter_model.safetensors", "pickles");
    assertThat(answer.json().path("error").path("param").isNull()).isTrue();
    assertThat(answer.json().path("error").path("code").asText()).isEqualTo("adapter_refused");
    assertThat(loadsAtTheEngine()).isEmpty();
    assertThat(runtime.filesOnVolume()).isEmpty();
  }

  @Test
  void load_fileOutsideOfWhatIsAllowed_isRefused() throws IOException {
    runtime.start();
    Path outside = Files.createDirectories(runtime.files().resolveSibling("outside"));
    ADAPTER.write(outside);
    Files.createSymbolicLink(runtime.files().resolve("link"), outside);
    for (String url :
        List.of(
            "file://" + outside,
            "file://" + runtime.files() + "/../outside",
            "file://" + runtime.files() + "/link")) {
      Answer answer = runtime.load("support", url);
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.message()).contains("--allow-file");
    }
    Path linked = Files.createDirectories(runtime.files().resolve("linked"));
    ADAPTER.without(TestAdapter.CONFIG).write(linked);
    Files.createSymbolicLink(
        linked.resolve(TestAdapter.CONFIG), outside.resolve(TestAdapter.CONFIG));
    assertThat(runtime.load("support", "file://" + linked).type()).isEqualTo("UnsupportedSource");
    assertThat(runtime.load("support", "file://" + runtime.files() + "/none").status())
        .isEqualTo(404);
  }

  @Test
  void load_whatIsNoRequest_isRefused() throws IOException {
    runtime.start();
    assertThat(runtime.load(loading("", "hf://a/b")).message()).isEqualTo("lora_name is missing");
    assertThat(runtime.load(loading("a\nb", "hf://a/b")).status()).isEqualTo(400);
    assertThat(runtime.load(loading("a", "")).message()).isEqualTo("artifact_url is missing");
    assertThat(runtime.load(loading("a", "gs://b/c/")).type()).isEqualTo("UnsupportedSource");
    var body = loading("a", "hf://a/b");
    body.putObject("additional_config").put("sha256", "123");
    assertThat(runtime.load(body).message()).contains("64 hexadecimal digits");
    body.putObject("additional_config").put("max_bytes", "0");
    assertThat(runtime.load(body).message()).contains("max_bytes");
    Answer noJson =
        runtime.send(
            runtime.request("/v1/lora_adapter/load").POST(BodyPublishers.ofString("{\"hush")));
    assertThat(noJson.status()).isEqualTo(400);
    assertThat(noJson.message()).isEqualTo("the body is no JSON object");
    Answer large =
        runtime.send(
            runtime
                .request("/v1/lora_adapter/load")
                .POST(BodyPublishers.ofByteArray(new byte[2 << 20])));
    assertThat(large.status()).isEqualTo(413);
  }

  @Test
  void load_largerThanAllowed_isAConflictAndLeavesNothing() throws IOException {
    options().maxBytes = 1000;
    runtime.start();
    Answer answer = runtime.load("support", file(TestAdapter.of(1, 2048), "support"));
    assertThat(answer.status()).isEqualTo(409);
    assertThat(answer.type()).isEqualTo("AdapterTooLarge");
    var body = loading("small", file(ADAPTER, "small"));
    body.putObject("additional_config").put("max_bytes", 100);
    assertThat(runtime.load(body).type()).isEqualTo("AdapterTooLarge");
    assertThat(runtime.filesOnVolume()).isEmpty();
    assertThat(runtime.state().path("bytes").asLong()).isZero();
  }

  @Test
  void load_whatIsThereWithALowerLimit_isAConflict() throws IOException {
    runtime.start();
    byte[] archive = Archives.tar(ADAPTER, "");
    web.put("/fixed.tar", archive);
    var body = loading("support", web.url("/fixed.tar"));
    body.putObject("additional_config").put("sha256", TestAdapter.sha256(archive));
    assertThat(runtime.load(body).status()).isEqualTo(200);
    body.withObject("/additional_config").put("max_bytes", "100");
    assertThat(runtime.load(body).type()).isEqualTo("AdapterTooLarge");
  }

  private RuntimeExtension.Options options() {
    return runtime.options;
  }

  @Test
  void load_sameArtifactAtTheSameTime_isFetchedOnce() throws IOException {
    runtime.start();
    web.hold();
    List<CompletableFuture<Answer>> answers =
        List.of(
            runtime.loadLater("one", web.url(ARCHIVE)),
            runtime.loadLater("two", web.url(ARCHIVE)),
            runtime.loadLater("one", web.url(ARCHIVE)));
    await().atMost(SOON).until(() -> runtime.artifacts("fetching").size() == 1);
    await()
        .atMost(SOON)
        .until(() -> runtime.artifacts("fetching").getFirst().get("bytes").asLong() > 0);
    web.release();
    answers.forEach(answer -> assertThat(answer.join().status()).isEqualTo(200));
    assertThat(web.asked()).hasSize(1);
    assertThat(runtime.loaded()).containsOnlyKeys("one", "two");
    assertThat(runtime.artifacts("fetching")).isEmpty();
  }

  @Test
  void load_whoseCallerLeaves_goesOnAndIsJoined() throws Exception {
    runtime.start();
    web.hold();
    try (HttpClient leaving = HttpClient.newHttpClient()) {
      leaving.sendAsync(
          runtime
              .request("/v1/lora_adapter/load")
              .POST(BodyPublishers.ofString(loading("support", web.url(ARCHIVE)).toString()))
              .build(),
          BodyHandlers.discarding());
      await().atMost(SOON).until(() -> web.asked().size() == 1);
      leaving.shutdownNow();
    }
    CompletableFuture<Answer> again = runtime.loadLater("support", web.url(ARCHIVE));
    web.release();
    assertThat(again.get().status()).isEqualTo(200);
    assertThat(web.asked()).hasSize(1);
  }

  @Test
  void unload_whileTheArtifactIsFetched_winsOverTheLoad() throws IOException {
    runtime.start();
    web.hold();
    CompletableFuture<Answer> load = runtime.loadLater("support", web.url(ARCHIVE));
    await().atMost(SOON).until(() -> web.asked().size() == 1);
    assertThat(runtime.unload("support").status()).isEqualTo(200);
    web.release();
    assertThat(load.join().type()).isEqualTo("UnloadedMeanwhile");
    assertThat(runtime.loaded()).isEmpty();
    assertThat(runtime.load("support", web.url(ARCHIVE)).status()).isEqualTo(200);
  }

  @Test
  void unload_knownOrNot_isASuccess() throws IOException {
    runtime.start();
    runtime.load("support", file(ADAPTER, "support"));
    assertThat(runtime.unload("support").json().toString())
        .isEqualTo("{\"status\":\"success\",\"lora_name\":\"support\"}");
    assertThat(runtime.loaded()).isEmpty();
    assertThat(runtime.unload("support").status()).isEqualTo(200);
    assertThat(runtime.unload("never").status()).isEqualTo(200);
    assertThat(runtime.artifacts("ready").getFirst().path("names")).isEmpty();
  }

  @Test
  void load_engineThatIsNotThere_isWorthARetryAndKeepsTheArtifact() throws IOException {
    runtime.start();
    runtime.sim().faults().on(SimFault.REFUSE);
    Answer answer = runtime.load("support", web.url(ARCHIVE));
    assertThat(answer.status()).isEqualTo(502);
    assertThat(answer.type()).isEqualTo("EngineFailed");
    assertThat(runtime.get("/ready").status()).isEqualTo(503);
    assertThat(runtime.get("/healthz").status()).isEqualTo(200);
    runtime.sim().faults().off(SimFault.REFUSE);
    assertThat(runtime.load("support", web.url(ARCHIVE)).status()).isEqualTo(200);
    assertThat(runtime.get("/ready").status()).isEqualTo(200);
  }

  @Test
  void load_sourceThatHasNothing_isNotFoundAndShown() throws IOException {
    runtime.start();
    Answer answer = runtime.load("support", web.url("/none.zip?token=hush"));
    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.type()).isEqualTo("ArtifactNotFound");
    assertThat(answer.message()).doesNotContain("hush");
    JsonNode failed = runtime.artifacts("failed").getFirst();
    assertThat(failed.path("source").asText()).endsWith("/none.zip?***");
    assertThat(failed.path("reason").asText()).contains("there is nothing there");
    web.put("/none.zip?token=hush", Archives.zip(ADAPTER, ""));
    assertThat(runtime.load("support", web.url("/none.zip?token=hush")).status()).isEqualTo(200);
    assertThat(runtime.artifacts("failed")).isEmpty();
  }

  @Test
  void paths_thatAreNone_are404And405() throws IOException {
    runtime.start();
    assertThat(runtime.get("/").status()).isEqualTo(404);
    assertThat(runtime.get("/v1/modelsx").status()).isEqualTo(404);
    assertThat(runtime.get("/v1/lora_adapter/load").status()).isEqualTo(405);
  }

  @Test
  void key_ofCallers_isWanted() throws IOException {
    options().apiKey = Files.writeString(runtime.files().resolve("key"), "s3cret\n");
    runtime.start();
    assertThat(runtime.get("/healthz").status()).isEqualTo(200);
    assertThat(runtime.get("/ready").status()).isEqualTo(200);
    for (String path : List.of("/v1/models", "/api/state")) {
      assertThat(runtime.get(path).status()).isEqualTo(401);
      assertThat(status(path, "Bearer other")).isEqualTo(401);
      assertThat(status(path, "s3cret")).isEqualTo(401);
      assertThat(status(path, "bearer s3cret")).isEqualTo(200);
    }
    assertThat(runtime.load("support", web.url(ARCHIVE)).status()).isEqualTo(401);
    assertThat(web.asked()).isEmpty();
    Files.writeString(options().apiKey, "next");
    assertThat(status("/api/state", "Bearer s3cret")).isEqualTo(401);
    assertThat(status("/api/state", "Bearer next")).isEqualTo(200);
  }

  private int status(String path, String authorization) {
    return runtime.send(runtime.request(path).header("Authorization", authorization)).status();
  }

  @Test
  void host_ofAnother_isRefusedWithoutAKey() throws IOException {
    runtime.start();
    assertThat(statusLine("evil.example")).startsWith("HTTP/1.1 421");
    assertThat(statusLine("evil.example:8080")).startsWith("HTTP/1.1 421");
    assertThat(statusLine("localhost:8080")).startsWith("HTTP/1.1 200");
    assertThat(statusLine("[::1]:8080")).startsWith("HTTP/1.1 200");
  }

  private String statusLine(String host) throws IOException {
    URI uri = runtime.request("/api/state").build().uri();
    try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
      String request =
          "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n".formatted(uri.getPath(), host);
      socket.getOutputStream().write(request.getBytes(UTF_8));
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }

  @Test
  void start_openToOthersWithoutAKey_fails() throws IOException {
    options().listen = "0.0.0.0";
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(runtime::start)
        .withMessageContaining("open to other machines")
        .withMessageContaining("--api-key-file");
    options().open = true;
    runtime.start();
    assertThat(runtime.get("/v1/models").status()).isEqualTo(200);
  }

  @Test
  void start_keyFileWithoutAKey_fails() throws IOException {
    options().apiKey = Files.writeString(runtime.files().resolve("key"), "\n");
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(runtime::start)
        .withMessageContaining("holds no key");
  }

  @Test
  void start_volumeOfAnother_fails() throws IOException {
    runtime.start();
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> RuntimeServer.start(runtime.settings()))
        .withMessageContaining("is in use by another runtime");
  }

  @Test
  void engineUrl_withoutAnEngine_isNotReady() throws IOException {
    options().engineUrl = URI.create("http://127.0.0.1:1");
    runtime.start();
    assertThat(runtime.get("/v1/models").status()).isEqualTo(502);
    assertThat(runtime.unload("support").status()).isEqualTo(502);
    assertThat(runtime.get("/ready").message()).isEqualTo("the engine does not answer /health");
  }
}
