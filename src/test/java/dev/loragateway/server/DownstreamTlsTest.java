package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients that speak TLS. */
class DownstreamTlsTest {
  private static final String CHAT =
      "{\"model\":\"base\",\"max_tokens\":3,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private HttpClient client(Version version, X509Bundle trusted, @Nullable X509Bundle own)
      throws Exception {
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted.toKeyStore(new char[0]));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(own == null ? null : own.toKeyStore(new char[0]), new char[0]);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return gateways.closing(HttpClient.newBuilder().version(version).sslContext(context).build());
  }

  private static HttpRequest chat(Gateway gateway, String body) {
    return HttpRequest.newBuilder(
            URI.create("https://127.0.0.1:" + gateway.port() + "/v1/chat/completions"))
        .header("Content-Type", "application/json")
        .timeout(SOON)
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  private static String streamed(String body) {
    return body.replace("{\"model\"", "{\"stream\":true,\"model\"");
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void request_overTls_isAnswered(Version version) throws Exception {
    SimulatedServer server = gateways.simulator("base");
    X509Bundle own = Certificates.of("gateway");
    Gateway gateway = gateways.start(Setup.of(server.address()).tls(Certificates.tls(own, null)));
    HttpClient client = client(version, own, null);

    for (int i = 0; i < 3; i++) {
      HttpResponse<String> answer = client.send(chat(gateway, CHAT), BodyHandlers.ofString());

      assertThat(answer.version()).isEqualTo(version);
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().firstValue("x-gateway-endpoint")).hasValue(server.address());
      assertThat(answer.headers().firstValue("connection")).isEmpty();
    }
    assertThat(gateway.proxy().connections()).isEqualTo(1);
    assertThat(server.requests().getLast().headers().keySet())
        .noneMatch(name -> name.startsWith("x-http2") || name.startsWith(":"));
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void stream_overTls_comesEventByEvent(Version version) throws Exception {
    SimulatedServer server = gateways.simulator("base");
    X509Bundle own = Certificates.of("gateway");
    Gateway gateway = gateways.start(Setup.of(server.address()).tls(Certificates.tls(own, null)));

    HttpResponse<Stream<String>> answer =
        client(version, own, null).send(chat(gateway, streamed(CHAT)), BodyHandlers.ofLines());

    Iterator<String> lines = answer.body().iterator();
    assertThat(lines.next()).startsWith("data: {");
    List<String> rest = Stream.generate(lines::next).takeWhile(l -> !l.contains("[DONE]")).toList();
    assertThat(rest).filteredOn(line -> line.startsWith("data: ")).hasSizeGreaterThan(2);
  }

  @Test
  void manyRequests_onOneHttp2Connection_areAnsweredSideBySide() throws Exception {
    SimulatedServer server =
        gateways.simulator(SimSettings.of("base").withTokenTime(Duration.ofMillis(20)));
    X509Bundle own = Certificates.of("gateway");
    Gateway gateway = gateways.start(Setup.of(server.address()).tls(Certificates.tls(own, null)));
    HttpClient client = client(Version.HTTP_2, own, null);
    assertThat(client.send(chat(gateway, CHAT), BodyHandlers.ofString()).statusCode())
        .isEqualTo(200);

    List<Integer> statuses =
        Stream.generate(() -> client.sendAsync(chat(gateway, CHAT), BodyHandlers.ofString()))
            .limit(50)
            .toList()
            .stream()
            .map(answer -> answer.join().statusCode())
            .toList();

    assertThat(statuses).hasSize(50).containsOnly(200);
    assertThat(gateway.proxy().connections()).isEqualTo(1);
    await().atMost(SOON).until(() -> gateway.proxy().active() == 0);
  }

  @Test
  void http2StreamThatIsCancelled_isCancelledUpstream() throws Exception {
    SimulatedServer server =
        gateways.simulator(SimSettings.of("base").withTokenTime(Duration.ofMillis(5)));
    X509Bundle own = Certificates.of("gateway");
    Gateway gateway = gateways.start(Setup.of(server.address()).tls(Certificates.tls(own, null)));
    HttpClient client = client(Version.HTTP_2, own, null);
    String endless = streamed(CHAT).replace("\"max_tokens\":3", "\"max_tokens\":30000");

    HttpResponse<java.io.InputStream> answer =
        client.send(chat(gateway, endless), BodyHandlers.ofInputStream());
    assertThat(answer.body().read()).isEqualTo('d');
    answer.body().close();

    await().atMost(SOON).until(() -> server.requests().stream().anyMatch(r -> r.aborted()));
    assertThat(gateway.proxy().connections()).isEqualTo(1);
    assertThat(client.send(chat(gateway, CHAT), BodyHandlers.ofString()).statusCode())
        .isEqualTo(200);
  }

  @Test
  void http2StreamThatBreaksOff_isReset() throws Exception {
    CompletableFuture<Void> read = new CompletableFuture<>(); // The client drops what it has not.
    RawUpstream server =
        gateways.upstream(
            call -> {
              call.stream().chunk("data: 1\n\n");
              read.join();
              call.close();
            });
    X509Bundle own = Certificates.of("gateway");
    Gateway gateway = gateways.start(Setup.of(server.address()).tls(Certificates.tls(own, null)));
    HttpClient client = client(Version.HTTP_2, own, null);

    HttpResponse<Stream<String>> answer =
        client.send(chat(gateway, streamed(CHAT)), BodyHandlers.ofLines());

    Iterator<String> lines = answer.body().iterator();
    assertThat(lines.next()).isEqualTo("data: 1");
    read.complete(null);
    assertThatThrownBy(
            () -> {
              while (lines.hasNext()) {
                lines.next();
              }
            })
        .hasRootCauseInstanceOf(IOException.class);
    await().atMost(SOON).until(() -> gateway.proxy().active() == 0);
  }

  @Test
  void bodyBeyondTheLimit_overHttp2_is413() throws Exception {
    SimulatedServer server = gateways.simulator("base");
    X509Bundle own = Certificates.of("gateway");
    Gateway gateway =
        gateways.start(Setup.of(server.address()).bodyLimit(1000).tls(Certificates.tls(own, null)));

    HttpResponse<String> answer =
        client(Version.HTTP_2, own, null)
            .send(chat(gateway, CHAT.replace("Hi", "x".repeat(500_000))), BodyHandlers.ofString());

    assertThat(answer.statusCode()).isEqualTo(413);
  }

  @Test
  void certificateThatIsRotated_isUsedByNewConnections_andOldOnesGoOn() throws Exception {
    SimulatedServer server = gateways.simulator("base");
    X509Bundle first = Certificates.of("first");
    X509Bundle second = Certificates.of("second");
    Gateway gateway = gateways.start(Setup.of(server.address()).tls(Certificates.tls(first, null)));
    HttpClient old = client(Version.HTTP_1_1, first, null);
    assertThat(old.send(chat(gateway, CHAT), BodyHandlers.ofString()).statusCode()).isEqualTo(200);

    gateway.reload(Setup.of(server.address()).tls(Certificates.tls(second, null)).build());

    assertThat(old.send(chat(gateway, CHAT), BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    assertThat(
            client(Version.HTTP_1_1, second, null)
                .send(chat(gateway, CHAT), BodyHandlers.ofString())
                .statusCode())
        .isEqualTo(200);
    HttpClient stale = client(Version.HTTP_1_1, first, null);
    assertThatThrownBy(() -> stale.send(chat(gateway, CHAT), BodyHandlers.ofString()))
        .isInstanceOf(IOException.class);
  }

  @Test
  void clientWithoutACertificate_whereOneIsNeeded_getsNothing() throws Exception {
    SimulatedServer server = gateways.simulator("base");
    X509Bundle own = Certificates.of("gateway");
    X509Bundle clients = Certificates.of("client");
    Gateway gateway =
        gateways.start(Setup.of(server.address()).tls(Certificates.tls(own, clients)));

    HttpClient known = client(Version.HTTP_1_1, own, clients);
    assertThat(known.send(chat(gateway, CHAT), BodyHandlers.ofString()).statusCode())
        .isEqualTo(200);

    for (X509Bundle stranger : new X509Bundle[] {null, Certificates.of("stranger")}) {
      HttpClient client = client(Version.HTTP_1_1, own, stranger);
      assertThatThrownBy(() -> client.send(chat(gateway, CHAT), BodyHandlers.ofString()))
          .isInstanceOf(IOException.class);
    }
    assertThat(server.requests().stream().filter(r -> r.method().equals("POST"))).hasSize(1);
  }
}
