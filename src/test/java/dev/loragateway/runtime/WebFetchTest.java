package dev.loragateway.runtime;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.getRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static com.github.tomakehurst.wiremock.client.WireMock.temporaryRedirect;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static dev.loragateway.runtime.RuntimeExtension.loading;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import dev.loragateway.runtime.FileServer.Asked;
import dev.loragateway.runtime.RuntimeExtension.Answer;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Artifacts from web servers, good and bad ones. */
class WebFetchTest {
  private static final TestAdapter ADAPTER = TestAdapter.of(1);

  @RegisterExtension final RuntimeExtension runtime = new RuntimeExtension();

  @RegisterExtension
  static final WireMockExtension stub =
      WireMockExtension.newInstance()
          .options(options().bindAddress("127.0.0.1").dynamicPort())
          .build();

  private FileServer web;

  @BeforeEach
  void serve() throws IOException {
    web = new FileServer();
  }

  @AfterEach
  void stop() {
    web.close();
  }

  private static ObjectNode hashed(String url, String sha256) {
    ObjectNode body = loading("support", url);
    body.putObject("additional_config").put("sha256", sha256);
    return body;
  }

  private void assertNothingIsLeft() throws IOException {
    assertThat(runtime.filesOnVolume()).isEmpty();
    assertThat(runtime.state().path("bytes").asLong()).isZero();
  }

  @Test
  void archive_withItsHash_isTakenAndNotAskedForAgain() throws IOException {
    runtime.start();
    byte[] zip = Archives.zip(ADAPTER, "a/");
    web.put("/a.zip", zip);
    String sha256 = "sha256:" + TestAdapter.sha256(zip).toUpperCase(Locale.ROOT);
    assertThat(runtime.load(hashed(web.url("/a.zip"), sha256)).status()).isEqualTo(200);
    runtime.restart();
    assertThat(runtime.load(hashed(web.url("/a.zip"), sha256)).status()).isEqualTo(200);
    assertThat(web.asked()).hasSize(1);
  }

  @Test
  void archive_withAnotherHash_isRefusedBeforeItIsUnpacked() throws IOException {
    runtime.start();
    web.put("/a.zip", new byte[10]);
    Answer answer = runtime.load(hashed(web.url("/a.zip"), ADAPTER.sha256()));
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.type()).isEqualTo("ChecksumMismatch");
    assertThat(answer.message())
        .contains(TestAdapter.sha256(new byte[10]), "(expected: " + ADAPTER.sha256() + ")");
    assertNothingIsLeft();
  }

  @Test
  void archive_withAnEtag_isAskedForAgainButNotSent() throws IOException {
    runtime.start();
    web.withEtags();
    web.put("/a.tar", Archives.tar(ADAPTER, ""));
    assertThat(runtime.load("support", web.url("/a.tar")).status()).isEqualTo(200);
    runtime.restart();
    assertThat(runtime.load("support", web.url("/a.tar")).status()).isEqualTo(200);
    assertThat(web.asked()).extracting(Asked::ifNoneMatch).hasSize(2).last().isNotNull();
    web.put("/a.tar", Archives.tar(TestAdapter.of(2), ""));
    Answer changed = runtime.load("other", web.url("/a.tar"));
    assertThat(changed.json().path("sha256").asText()).isEqualTo(TestAdapter.of(2).sha256());
  }

  @Test
  void directory_ofTheWeb_isReadAndAskedForAgain() throws IOException {
    runtime.start();
    web.withEtags();
    ADAPTER.files().forEach((name, bytes) -> web.put("/a/" + name + "?v=1", bytes));
    String url = web.url("/a/?v=1");
    assertThat(runtime.load("support", url).json().path("sha256").asText())
        .isEqualTo(ADAPTER.sha256());
    assertThat(runtime.load("support", url).status()).isEqualTo(200);
    assertThat(web.asked()).hasSize(4);
    TestAdapter next = TestAdapter.of(2);
    web.put("/a/" + TestAdapter.WEIGHTS + "?v=1", next.file(TestAdapter.WEIGHTS));
    assertThat(runtime.load("next", url).json().path("sha256").asText()).isEqualTo(next.sha256());
  }

  @Test
  void directory_withTheHashOfItsWeights_isChecked() throws IOException {
    runtime.start();
    ADAPTER.files().forEach((name, bytes) -> web.put("/a/" + name, bytes));
    String weights = TestAdapter.sha256(ADAPTER.file(TestAdapter.WEIGHTS));
    Answer wrong = runtime.load(hashed(web.url("/a/"), "0".repeat(64)));
    assertThat(wrong.type()).isEqualTo("ChecksumMismatch");
    assertNothingIsLeft();
    assertThat(runtime.load(hashed(web.url("/a/"), weights)).status()).isEqualTo(200);
    assertThat(runtime.load(hashed(web.url("/a/"), ADAPTER.sha256())).status()).isEqualTo(200);
    assertThat(web.asked()).hasSize(4);
  }

  @Test
  void download_thatIsCutOff_isWorthARetryAndLeavesNothing() throws IOException {
    runtime.start();
    byte[] tar = Archives.tar(ADAPTER, "");
    stub.stubFor(
        get("/cut.tar")
            .willReturn(
                ok().withBody(Arrays.copyOf(tar, 2000))
                    .withHeader("Content-Length", String.valueOf(tar.length))
                    .withHeader("Connection", "close")));
    Answer answer = runtime.load("support", stub.url("/cut.tar"));
    assertThat(answer.status()).isEqualTo(502);
    assertThat(answer.type()).isEqualTo("FetchFailed");
    assertNothingIsLeft();
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void download_thatBreaks_isWorthARetryAndLeavesNothing(Fault fault) throws IOException {
    runtime.start();
    stub.stubFor(get("/a.tar").willReturn(aResponse().withFault(fault)));
    Answer answer = runtime.load("support", stub.url("/a.tar"));
    assertThat(answer.status()).isEqualTo(502);
    assertNothingIsLeft();
  }

  @Test
  void download_thatStalls_isATimeout() throws IOException {
    runtime.options.stall = Duration.ofMillis(200);
    runtime.start();
    web.put("/a.tar", Archives.tar(ADAPTER, ""));
    web.hold();
    Answer answer = runtime.load("support", web.url("/a.tar"));
    assertThat(answer.status()).isEqualTo(504);
    assertThat(answer.type()).isEqualTo("FetchTimeout");
    assertNothingIsLeft();
  }

  @ParameterizedTest
  @CsvSource({
    "401, 403, AccessDenied", "403, 403, AccessDenied", "404, 404, ArtifactNotFound",
    "410, 404, ArtifactNotFound", "500, 502, FetchFailed", "429, 502, FetchFailed",
    "304, 502, FetchFailed", "204, 502, FetchFailed"
  })
  void statuses_ofTheSource_areTold(int status, int told, String type) throws IOException {
    runtime.start();
    stub.stubFor(get("/a.tar").willReturn(aResponse().withStatus(status).withBody("hush")));
    Answer answer = runtime.load("support", stub.url("/a.tar"));
    assertThat(answer.status()).isEqualTo(told);
    assertThat(answer.type()).isEqualTo(type);
    assertThat(answer.message()).doesNotContain("hush");
  }

  @Test
  void redirects_areFollowedWithoutTheToken() throws IOException {
    runtime.start();
    web.put("/a.tar", Archives.tar(ADAPTER, ""));
    stub.stubFor(get("/start.tar").willReturn(temporaryRedirect("/here.tar")));
    stub.stubFor(get("/here.tar").willReturn(temporaryRedirect(web.url("/a.tar"))));
    ObjectNode body = loading("support", stub.url("/start.tar"));
    body.putObject("credentials").put("HTTP_BEARER", "token");
    assertThat(runtime.load(body).status()).isEqualTo(200);
    for (String path : new String[] {"/start.tar", "/here.tar"}) {
      assertThat(stub.findAll(getRequestedFor(urlEqualTo(path))))
          .allMatch(request -> request.getHeader("Authorization").equals("Bearer token"));
    }
    assertThat(web.asked()).extracting(Asked::authorization).containsOnlyNulls().hasSize(1);
  }

  @Test
  void redirects_withoutEnd_areGivenUp() throws IOException {
    runtime.start();
    stub.stubFor(get("/a.tar").willReturn(temporaryRedirect("/a.tar")));
    assertThat(runtime.load("support", stub.url("/a.tar")).message()).contains("5 redirects");
    stub.verify(6, getRequestedFor(urlEqualTo("/a.tar")));
  }

  @ParameterizedTest
  @CsvSource({"file:///etc/passwd", "ftp://h/a", "''", "http://", "'http://h/ a'"})
  void redirects_toWhatIsNotTheWeb_areNotFollowed(String location) throws IOException {
    runtime.start();
    stub.stubFor(get("/a.tar").willReturn(temporaryRedirect(location)));
    Answer answer = runtime.load("support", stub.url("/a.tar"));
    assertThat(answer.status()).isEqualTo(502);
    assertThat(answer.message()).contains("a redirect to what is no URL");
  }

  @Test
  void redirects_fromHttpsToHttp_areNotFollowed() throws IOException {
    URI secure = URI.create("https://h/a.tar");
    Web.Question question = new Web.Question(secure, null, null);
    assertThat(Web.target(question, secure, "/b.tar")).isEqualTo(URI.create("https://h/b.tar"));
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> Web.target(question, secure, "http://h/a.tar"))
        .withMessageContaining("from https to http");
  }

  @Test
  void userOfTheUrl_isSentAsBasicAndShownNowhere() throws IOException {
    runtime.start();
    web.put("/a.tar", Archives.tar(ADAPTER, ""));
    String url = web.url("/a.tar").replace("http://", "http://me:hush@");
    assertThat(runtime.load("support", url).status()).isEqualTo(200);
    assertThat(web.asked().getFirst().authorization()).isEqualTo("Basic bWU6aHVzaA==");
    assertThat(runtime.state().toString()).contains("***@127.0.0.1").doesNotContain("hush");
    assertThat(runtime.volume().resolve("index.json")).content().doesNotContain("hush");
  }

  @Test
  void bearerOfTheSidecar_isSentToItsHostAlone() throws IOException {
    runtime.options.environment.putAll(
        Map.of("HTTP_BEARER", "ours", "HTTP_BEARER_HOST", "127.0.0.1"));
    runtime.start();
    web.put("/a.tar", Archives.tar(ADAPTER, ""));
    runtime.load("support", web.url("/a.tar"));
    runtime.load("other", web.url("/a.tar").replace("127.0.0.1", "localhost"));
    assertThat(web.asked()).extracting(Asked::authorization).containsExactly("Bearer ours", null);
  }
}
