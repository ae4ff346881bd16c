package dev.loragateway.runtime;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.absent;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.containing;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.getRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.matching;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static dev.loragateway.runtime.RuntimeExtension.loading;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import dev.loragateway.runtime.RuntimeExtension.Answer;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Artifacts from what speaks the API of S3, over plain HTTP and in path style. */
class S3FetchTest {
  private static final TestAdapter ADAPTER = TestAdapter.of(1).with("tokenizer_config.json", "{}");
  private static final String URL = "s3://bucket/acme/support/";

  @RegisterExtension final RuntimeExtension runtime = new RuntimeExtension();

  @RegisterExtension
  static final WireMockExtension s3 =
      WireMockExtension.newInstance()
          .options(options().bindAddress("127.0.0.1").dynamicPort())
          .build();

  @BeforeEach
  void point() {
    runtime.options.environment.putAll(
        Map.of(
            "AWS_ENDPOINT_URL", s3.baseUrl(),
            "AWS_ACCESS_KEY_ID", "AKID",
            "AWS_SECRET_ACCESS_KEY", "hush"));
  }

  /** One page of the list. */
  private static void list(String token, String next, Map<String, byte[]> objects) {
    StringBuilder xml = new StringBuilder("<ListBucketResult>");
    xml.append("<IsTruncated>").append(next != null).append("</IsTruncated>");
    if (next != null) {
      xml.append("<NextContinuationToken>").append(next).append("</NextContinuationToken>");
    }
    objects.forEach(
        (key, bytes) ->
            xml.append(
                "<Contents><Key>%s</Key><ETag>\"%s\"</ETag><Size>%d</Size></Contents>"
                    .formatted(key, TestAdapter.sha256(bytes).substring(32), bytes.length)));
    s3.stubFor(
        get(urlPathEqualTo("/bucket"))
            .withQueryParam("list-type", equalTo("2"))
            .withQueryParam("prefix", equalTo("acme/support/"))
            .withQueryParam("continuation-token", token == null ? absent() : equalTo(token))
            .willReturn(
                ok(xml.append("</ListBucketResult>").toString())
                    .withHeader("Content-Type", "application/xml")));
  }

  private static Map<String, byte[]> objects(TestAdapter adapter, String... names) {
    Map<String, byte[]> objects = new LinkedHashMap<>();
    for (String name : names) {
      objects.put("acme/support/" + name, adapter.file(name));
    }
    return objects;
  }

  /** The list and the objects of an adapter. */
  private static void serve(TestAdapter adapter) {
    list(null, null, objects(adapter, adapter.files().keySet().toArray(String[]::new)));
    adapter.files().forEach(S3FetchTest::serve);
  }

  private static void serve(String name, byte[] bytes) {
    s3.stubFor(
        get(urlPathEqualTo("/bucket/acme/support/" + name)).willReturn(ok().withBody(bytes)));
  }

  private static int objectsRead() {
    return s3.findAll(getRequestedFor(urlPathMatching("/bucket/.+"))).size();
  }

  @Test
  void load_listOfSeveralPages_takesAllOfThem() throws IOException {
    serve(ADAPTER);
    Map<String, byte[]> first = objects(ADAPTER, TestAdapter.CONFIG);
    first.put("acme/support/checkpoint-1/adapter_config.json", new byte[1]);
    first.put("acme/support/optimizer.pt", new byte[1]);
    list(null, "page-2", first);
    list("page-2", "page-3", objects(ADAPTER, TestAdapter.WEIGHTS));
    list("page-3", null, objects(ADAPTER, "tokenizer_config.json"));
    runtime.start();
    Answer answer = runtime.load("support", "s3://bucket/acme/support");
    assertThat(answer.json().path("sha256").asText()).isEqualTo(ADAPTER.sha256());
    assertThat(objectsRead()).isEqualTo(3);
    s3.verify(
        3,
        getRequestedFor(urlPathMatching("/bucket/.+"))
            .withHeader("If-Match", matching("\"[0-9a-f]{32}\""))
            .withHeader("Authorization", containing("Credential=AKID/")));
  }

  @Test
  void load_again_readsTheListAlone() throws IOException {
    serve(ADAPTER);
    runtime.start();
    runtime.load("support", URL);
    runtime.restart();
    assertThat(runtime.load("support", URL).status()).isEqualTo(200);
    assertThat(objectsRead()).isEqualTo(3);
    TestAdapter next = TestAdapter.of(2);
    serve(next);
    assertThat(runtime.load("next", URL).json().path("sha256").asText()).isEqualTo(next.sha256());
  }

  @Test
  void key_ofTheRequest_isUsedWithItsSession() throws IOException {
    serve(ADAPTER);
    runtime.start();
    ObjectNode body = loading("support", URL);
    body.putObject("credentials")
        .put("AWS_ACCESS_KEY_ID", "THEIRS")
        .put("AWS_SECRET_ACCESS_KEY", "x")
        .put("AWS_SESSION_TOKEN", "session")
        .put("AWS_REGION", "eu-north-1");
    assertThat(runtime.load(body).status()).isEqualTo(200);
    assertThat(s3.getAllServeEvents())
        .allSatisfy(
            event -> {
              assertThat(event.getRequest().getHeader("Authorization"))
                  .contains("Credential=THEIRS/", "/eu-north-1/s3/");
              assertThat(event.getRequest().getHeader("X-Amz-Security-Token")).isEqualTo("session");
            });
  }

  @Test
  void endpoint_ofTheRequest_isNotShownOurKey() throws IOException {
    serve(ADAPTER);
    runtime.start();
    ObjectNode body = loading("support", URL);
    body.putObject("credentials").put("AWS_ENDPOINT_URL", s3.baseUrl());
    assertThat(runtime.load(body).status()).isEqualTo(200);
    assertThat(s3.getAllServeEvents())
        .isNotEmpty()
        .allMatch(event -> event.getRequest().getHeader("Authorization") == null);
  }

  @ParameterizedTest
  @CsvSource({
    "403, AccessDenied, 403, AccessDenied",
    "404, NoSuchBucket, 404, ArtifactNotFound",
    "400, ExpiredToken, 403, AccessDenied",
    "500, InternalError, 502, FetchFailed"
  })
  void statuses_ofTheStorage_areTold(int status, String code, int told, String type)
      throws IOException {
    s3.stubFor(
        any(anyUrl())
            .willReturn(
                aResponse()
                    .withStatus(status)
                    .withBody("<Error><Code>" + code + "</Code><Message>hush</Message></Error>")));
    runtime.start();
    Answer answer = runtime.load("support", URL);
    assertThat(answer.status()).isEqualTo(told);
    assertThat(answer.type()).isEqualTo(type);
    assertThat(answer.message()).doesNotContain("hush");
  }

  @Test
  void load_prefixWithoutObjects_isNotFound() throws IOException {
    list(null, null, Map.of());
    runtime.start();
    assertThat(runtime.load("support", URL).type()).isEqualTo("ArtifactNotFound");
  }

  @Test
  void load_objectThatIsShorterThanListed_isWorthARetry() throws IOException {
    serve(ADAPTER);
    byte[] weights = ADAPTER.file(TestAdapter.WEIGHTS);
    serve(TestAdapter.WEIGHTS, Arrays.copyOf(weights, weights.length - 1));
    runtime.start();
    Answer answer = runtime.load("support", URL);
    assertThat(answer.status()).isEqualTo(502);
    assertThat(answer.message()).contains("as listed");
    assertThat(runtime.filesOnVolume()).isEmpty();
  }

  @Test
  void load_nothingAnswers_isWorthARetry() throws IOException {
    runtime.options.environment.put("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    runtime.start();
    Answer answer = runtime.load("support", URL);
    assertThat(answer.status()).isEqualTo(502);
    assertThat(List.of(answer.message())).noneMatch(message -> message.contains("AKID"));
  }

  @Test
  void endpoint_thatIsNoUrl_isABadRequest() throws IOException {
    runtime.options.environment.put("AWS_ENDPOINT_URL", "nowhere");
    runtime.start();
    assertThat(runtime.load("support", URL).status()).isEqualTo(400);
  }
}
