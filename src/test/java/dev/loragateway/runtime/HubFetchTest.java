package dev.loragateway.runtime;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.getRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.temporaryRedirect;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static com.github.tomakehurst.wiremock.client.WireMock.urlMatching;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static dev.loragateway.runtime.RuntimeExtension.loading;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import dev.loragateway.runtime.RuntimeExtension.Answer;
import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Artifacts from the Hugging Face Hub, as its HTTP API has them. */
class HubFetchTest {
  private static final TestAdapter ADAPTER =
      TestAdapter.of(1).with("tokenizer.json", "{}").with("README.md", "hello");
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  private static final String NEXT = "89abcdef0123456789abcdef0123456789abcdef";

  @RegisterExtension final RuntimeExtension runtime = new RuntimeExtension();

  @RegisterExtension
  static final WireMockExtension hub =
      WireMockExtension.newInstance()
          .options(options().bindAddress("127.0.0.1").dynamicPort())
          .build();

  @BeforeEach
  void point() {
    runtime.options.environment.put("HF_ENDPOINT", hub.baseUrl() + "/");
  }

  /** The list of a revision, as {@code ?blobs=true} gives it. */
  private static void list(String revision, String commit, TestAdapter adapter) {
    ObjectNode model = JsonNodeFactory.instance.objectNode().put("id", "acme/support");
    model.put("sha", commit);
    ArrayNode siblings = model.putArray("siblings");
    adapter
        .files()
        .forEach(
            (name, bytes) -> {
              ObjectNode file = siblings.addObject().put("rfilename", name);
              file.put("size", bytes.length);
              if (name.endsWith(".safetensors")) {
                file.putObject("lfs").put("sha256", TestAdapter.sha256(bytes));
              }
            });
    siblings.addObject().put("rfilename", "checkpoint-500/adapter_config.json").put("size", 1);
    siblings.addObject().put("rfilename", "../../evil.json").put("size", 1);
    hub.stubFor(
        get("/api/models/acme/support/revision/" + revision + "?blobs=true")
            .willReturn(okJson(model.toString())));
  }

  private static void serve(String commit, TestAdapter adapter) {
    adapter
        .files()
        .forEach(
            (name, bytes) ->
                hub.stubFor(
                    get("/acme/support/resolve/" + commit + "/" + name)
                        .willReturn(ok().withBody(bytes))));
  }

  private static int asked(String pattern) {
    return hub.findAll(getRequestedFor(urlMatching(pattern))).size();
  }

  @Test
  void load_branch_takesAllFilesOfOneCommit() throws IOException {
    list("main", COMMIT, ADAPTER);
    serve(COMMIT, ADAPTER);
    runtime.start();
    Answer answer = runtime.load("support", "hf://acme/support");
    assertThat(answer.json().path("sha256").asText()).isEqualTo(ADAPTER.sha256());
    assertThat(runtime.artifact(ADAPTER.sha256()).toFile().list())
        .containsExactlyInAnyOrder(TestAdapter.CONFIG, TestAdapter.WEIGHTS, "tokenizer.json");
  }

  @Test
  void load_branchThatHasMoved_isFetchedAgain() throws IOException {
    list("main", COMMIT, ADAPTER);
    serve(COMMIT, ADAPTER);
    runtime.start();
    runtime.load("support", "hf://acme/support@main");
    runtime.load("support", "hf://acme/support");
    assertThat(asked("/api/.*")).isEqualTo(2);
    assertThat(asked("/acme/.*")).isEqualTo(3);
    TestAdapter next = TestAdapter.of(2);
    list("main", NEXT, next);
    serve(NEXT, next);
    assertThat(runtime.load("next", "hf://acme/support").json().path("sha256").asText())
        .isEqualTo(next.sha256());
  }

  @Test
  void load_commit_isNeverAskedForAgain() throws IOException {
    list(COMMIT, COMMIT, ADAPTER);
    serve(COMMIT, ADAPTER);
    runtime.start();
    String url = "huggingface://acme/support@" + COMMIT;
    assertThat(runtime.load("support", url).status()).isEqualTo(200);
    runtime.restart();
    hub.resetAll();
    assertThat(runtime.load("support", url).status()).isEqualTo(200);
    assertThat(asked(".*")).isZero();
  }

  @Test
  void load_revisionWithASlash_isEncoded() throws IOException {
    list("refs%2Fpr%2F7", COMMIT, ADAPTER);
    serve(COMMIT, ADAPTER);
    runtime.start();
    assertThat(runtime.load("support", "hf://acme/support@refs/pr/7").status()).isEqualTo(200);
  }

  @Test
  void token_ofTheRequest_goesToTheHubAndNotToItsStorage() throws IOException {
    list("main", COMMIT, ADAPTER);
    serve(COMMIT, ADAPTER);
    try (FileServer storage = new FileServer()) {
      storage.put("/blob", ADAPTER.file(TestAdapter.WEIGHTS));
      hub.stubFor(
          get("/acme/support/resolve/" + COMMIT + "/" + TestAdapter.WEIGHTS)
              .willReturn(temporaryRedirect(storage.url("/blob"))));
      runtime.start();
      ObjectNode body = loading("support", "hf://acme/support");
      body.putObject("credentials").put("huggingface_token", "hf_x");
      assertThat(runtime.load(body).status()).isEqualTo(200);
      assertThat(storage.asked().getFirst().authorization()).isNull();
    }
    hub.verify(
        4, getRequestedFor(urlMatching(".*")).withHeader("Authorization", equalTo("Bearer hf_x")));
  }

  @Test
  void weights_thatAreNotWhatTheHubSays_areWorthARetry() throws IOException {
    list("main", COMMIT, ADAPTER);
    serve(COMMIT, ADAPTER);
    byte[] other = TestAdapter.of(9).file(TestAdapter.WEIGHTS);
    hub.stubFor(
        get("/acme/support/resolve/" + COMMIT + "/" + TestAdapter.WEIGHTS)
            .willReturn(ok().withBody(other)));
    runtime.start();
    Answer answer = runtime.load("support", "hf://acme/support");
    assertThat(answer.status()).isEqualTo(502);
    assertThat(answer.message()).contains("is not what the Hub says of it");
    assertThat(runtime.filesOnVolume()).isEmpty();
  }

  @Test
  void smallFiles_ofAnotherSizeThanListed_areWorthARetry() throws IOException {
    list("main", COMMIT, ADAPTER);
    serve(COMMIT, ADAPTER.with("tokenizer.json", "{ }"));
    runtime.start();
    Answer answer = runtime.load("support", "hf://acme/support");
    assertThat(answer.status()).isEqualTo(502);
    assertThat(answer.message()).contains("tokenizer.json is not what the Hub says of it");
  }

  @Test
  void load_repositoryThatIsTooLarge_isRefusedBeforeItIsRead() throws IOException {
    runtime.options.maxBytes = 100;
    list("main", COMMIT, ADAPTER);
    runtime.start();
    assertThat(runtime.load("support", "hf://acme/support").type()).isEqualTo("AdapterTooLarge");
    assertThat(asked("/acme/.*")).isZero();
  }

  @Test
  void load_repositoryWithPicklesAlone_saysSo() throws IOException {
    TestAdapter pickled = ADAPTER.without(TestAdapter.WEIGHTS).with("adapter_model.bin", "x");
    list("main", COMMIT, pickled);
    serve(COMMIT, pickled);
    runtime.start();
    Answer answer = runtime.load("support", "hf://acme/support");
    assertThat(answer.type()).isEqualTo("AdapterRefused");
    assertThat(answer.message()).contains("pickles");
    hub.verify(
        0, getRequestedFor(urlEqualTo("/acme/support/resolve/" + COMMIT + "/adapter_model.bin")));
  }

  @Test
  void load_repositoryThatIsNotThere_isToldApart() throws IOException {
    runtime.start();
    assertThat(runtime.load("support", "hf://acme/none").status()).isEqualTo(404);
    hub.stubFor(get(urlMatching("/api/.*")).willReturn(aResponse().withStatus(401)));
    assertThat(runtime.load("support", "hf://acme/gated").type()).isEqualTo("AccessDenied");
    hub.stubFor(get(urlMatching("/api/.*")).willReturn(ok("<html>")));
    assertThat(runtime.load("support", "hf://acme/odd").type()).isEqualTo("FetchFailed");
  }
}
