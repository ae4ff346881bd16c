package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import dev.loragateway.config.ConfigError;
import dev.loragateway.config.ConfigLoader;
import dev.loragateway.config.ConfigResult;
import dev.loragateway.config.ConfigWatcher;
import dev.loragateway.config.GatewayConfig;
import dev.loragateway.model.TlsContexts;
import dev.loragateway.model.TlsIdentity;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Model servers that speak TLS, and configurations that say how. */
final class UpstreamTlsTest {
  private static final String ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  @TempDir Path directory;

  private static CertificateBuilder certificate() {
    return new CertificateBuilder()
        .subject("CN=test")
        .notBefore(Instant.now().minus(2, ChronoUnit.DAYS))
        .notAfter(Instant.now().plus(1, ChronoUnit.DAYS))
        .setIsCertificateAuthority(true);
  }

  private static X509Bundle server(String ip) throws Exception {
    return certificate().addSanIpAddress(ip).buildSelfSigned();
  }

  /** Takes each connection as the server's certificates of the moment say. */
  private static final class TlsListener extends ServerSocket {
    private volatile SSLContext tls;
    private final boolean asks;

    TlsListener(X509Bundle own, @Nullable X509Bundle clients) throws Exception {
      super(0, 50, InetAddress.ofLiteral("127.0.0.1"));
      asks = clients != null;
      tls = context(own, clients);
    }

    private static SSLContext context(X509Bundle own, @Nullable X509Bundle clients)
        throws GeneralSecurityException {
      return TlsContexts.of(
          new TlsIdentity(own.getCertificatePathList(), own.getKeyPair().getPrivate()),
          clients == null ? List.of() : List.of(clients.getCertificate()));
    }

    void rotate(X509Bundle own) throws GeneralSecurityException {
      tls = context(own, null);
    }

    @Override
    public Socket accept() throws IOException {
      Socket plain = super.accept();
      SSLSocket secured =
          (SSLSocket) tls.getSocketFactory().createSocket(plain, null, plain.getPort(), true);
      secured.setUseClientMode(false);
      secured.setNeedClientAuth(asks);
      return secured;
    }
  }

  private static RawUpstream upstream(TlsListener listener) {
    return gateways.closing(new RawUpstream(listener, call -> call.write(ANSWER)));
  }

  private static RawUpstream upstream(X509Bundle own) throws Exception {
    return upstream(new TlsListener(own, null));
  }

  /** Writes so that no reader sees half a file. */
  private Path write(String name, String text) throws IOException {
    Path file = directory.resolve(name);
    Path next = Files.writeString(directory.resolve("next-" + name), text);
    return Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private void write(String name, X509Bundle bundle) throws IOException {
    write(name + ".key", bundle.getPrivateKeyPEM());
    write(name + ".crt", bundle.getCertificatePEM());
  }

  private Path config(String host, int port, String tls) throws IOException {
    return write(
        "gateway.yaml",
        """
        listen: 127.0.0.1:0
        admin: { listen: 127.0.0.1:0 }
        pools:
          - name: pool
            baseModel: base
            endpoints: [ "https://%s:%d" ]
            saturation: { maxInFlight: 1 }
            scrape: { interval: 50ms, timeout: 10s }
            upstream: { apiKey: key, tls: { %s } }
        """
            .formatted(host, port, tls));
  }

  private static GatewayConfig read(Path file) {
    assertThat(ConfigLoader.load(file, Map.of())).isInstanceOf(ConfigResult.Valid.class);
    return ((ConfigResult.Valid) ConfigLoader.load(file, Map.of())).config();
  }

  /** A gateway that has made up its mind about its one endpoint. */
  private static Gateway gateway(Path file) {
    Gateway gateway = gateways.launch(read(file));
    await().atMost(SOON).until(() -> !health(gateway).equals("unknown"));
    return gateway;
  }

  private static String health(Gateway gateway) {
    return GatewayExtension.state(gateway).at("/pools/0/endpoints/0/health").asText();
  }

  private static void expectUsed(Path file, RawUpstream server) {
    Gateway gateway = gateway(file);
    WireClient client = gateways.client(gateway);

    assertThat(health(gateway)).isEqualTo("up");
    for (int i = 0; i < 3; i++) {
      assertThat(client.send(Requests.chat("lora")).read().status()).isEqualTo(200);
    }
    assertThat(server.calls().stream().map(RawUpstream.Call::connection).distinct()).hasSize(1);
  }

  private static void expectNeverUsed(Path file, RawUpstream server) {
    Gateway gateway = gateway(file);

    assertThat(health(gateway)).isEqualTo("down");
    assertThat(gateways.chat(gateway, "base").status()).isEqualTo(503);
    assertThat(server.calls()).isEmpty();
  }

  @Test
  void trustedServer_byAddressOrName_isUsed() throws Exception {
    X509Bundle own =
        certificate().addSanIpAddress("127.0.0.1").addSanDnsName("localhost").buildSelfSigned();
    write("server", own);
    for (String host : new String[] {"127.0.0.1", "localhost"}) {
      RawUpstream server = upstream(own);
      expectUsed(config(host, server.port(), "ca: server.crt"), server);
    }
  }

  @Test
  void serverOfAnotherAuthority_isNeverUsed() throws Exception {
    RawUpstream server = upstream(server("127.0.0.1"));
    write("other", server("127.0.0.1"));

    expectNeverUsed(config("127.0.0.1", server.port(), "ca: other.crt"), server);
  }

  @Test
  void serverOfAnotherHost_isNeverUsed() throws Exception {
    X509Bundle other =
        certificate().addSanIpAddress("127.0.0.9").addSanDnsName("example").buildSelfSigned();
    write("server", other);
    for (String host : new String[] {"127.0.0.1", "localhost"}) {
      RawUpstream server = upstream(other);
      expectNeverUsed(config(host, server.port(), "ca: server.crt"), server);
    }
  }

  @Test
  void serverWhoseCertificateIsOver_isNeverUsed() throws Exception {
    X509Bundle authority = certificate().buildSelfSigned();
    X509Bundle own =
        certificate()
            .setIsCertificateAuthority(false)
            .notAfter(Instant.now().minus(1, ChronoUnit.DAYS))
            .addSanIpAddress("127.0.0.1")
            .buildIssuedBy(authority);
    write("authority", authority);
    RawUpstream server = upstream(own);

    expectNeverUsed(config("127.0.0.1", server.port(), "ca: authority.crt"), server);
  }

  @Test
  void serverThatAsksWhoConnects_isShownTheGatewaysCertificate() throws Exception {
    X509Bundle own = server("127.0.0.1");
    X509Bundle gateway = certificate().buildSelfSigned();
    write("server", own);
    write("gateway", gateway);
    RawUpstream server = upstream(new TlsListener(own, gateway));

    expectUsed(
        config(
            "127.0.0.1",
            server.port(),
            "ca: server.crt, certificate: gateway.crt, key: gateway.key"),
        server);
  }

  @Test
  void serverThatAsksWhoConnects_withoutItsCertificate_isNeverUsed() throws Exception {
    X509Bundle own = server("127.0.0.1");
    X509Bundle gateway = certificate().buildSelfSigned();
    write("server", own);
    write("stranger", certificate().buildSelfSigned());
    for (String tls :
        new String[] {
          "ca: server.crt", "ca: server.crt, certificate: stranger.crt, key: stranger.key"
        }) {
      RawUpstream server = upstream(new TlsListener(own, gateway));
      expectNeverUsed(config("127.0.0.1", server.port(), tls), server);
    }
  }

  @Test
  void serverThatAsksWhoConnects_isShownIt_byWarmUpsToo() throws Exception {
    X509Bundle own = server("127.0.0.1");
    X509Bundle gatewaysOwn = certificate().buildSelfSigned();
    write("server", own);
    write("gateway", gatewaysOwn);
    CountDownLatch go = new CountDownLatch(1);
    RawUpstream server =
        gateways.closing(
            new RawUpstream(
                new TlsListener(own, gatewaysOwn),
                call -> {
                  if (call.path().equals("/v1/chat/completions")) {
                    assertThat(go.await(10, TimeUnit.SECONDS)).isTrue();
                  }
                  call.write(ANSWER);
                }));
    server.addColdAdapter();
    String tls = "ca: server.crt, certificate: gateway.crt, key: gateway.key";
    Gateway gateway = gateway(config("127.0.0.1", server.port(), tls));

    assertThat(
            gateways
                .ask(gateway, Requests.post("/v1/completions", "{\"model\":\"lora\"}"))
                .status())
        .isEqualTo(200);
    WireClient first = gateways.client(gateway).send(Requests.chat("base"));
    await().atMost(SOON).until(() -> server.calls().size() == 2);
    WireClient second = gateways.client(gateway).send(Requests.chat("cold"));
    await().atMost(SOON).until(() -> server.calls().size() == 3);

    assertThat(server.calls().getLast().path()).isEqualTo("/v1/completions");
    go.countDown();
    assertThat(first.read().status()).isEqualTo(200);
    assertThat(second.read().status()).isEqualTo(200);
  }

  /** Counts what the running gateway is told. */
  private static final class Reloads implements ConfigWatcher.Listener {
    private final ConfigWatcher.Listener gateway;
    private final AtomicInteger valid = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();

    Reloads(Gateway gateway) {
      this.gateway = new ServeCommand.Reload(gateway);
    }

    @Override
    public void reloaded(GatewayConfig config, List<String> warnings) {
      gateway.reloaded(config, warnings);
      valid.incrementAndGet();
    }

    @Override
    public void rejected(List<ConfigError> errors) {
      gateway.rejected(errors);
      refused.incrementAndGet();
    }
  }

  private static Reloads watch(Path file, Gateway gateway) {
    Reloads reloads = new Reloads(gateway);
    gateways.closing(ConfigWatcher.start(file, Map.of(), read(file), reloads));
    return reloads;
  }

  @Test
  void authorityThatIsRotated_isUsedByTheNextRequest_andAStreamGoesOn() throws Exception {
    X509Bundle first = server("127.0.0.1");
    X509Bundle second = server("127.0.0.1");
    write("ca", first);
    TlsListener listener = new TlsListener(first, null);
    CountDownLatch more = new CountDownLatch(1);
    RawUpstream server =
        gateways.closing(
            new RawUpstream(
                listener,
                call -> {
                  if (!call.body().contains("\"stream\":true")) {
                    call.write(ANSWER);
                    return;
                  }
                  call.stream().chunk("data: 1\n\n");
                  assertThat(more.await(10, TimeUnit.SECONDS)).isTrue();
                  call.chunk("data: [DONE]\n\n").chunk("");
                }));
    Path file = config("127.0.0.1", server.port(), "ca: ca.crt");
    write("gateway.yaml", Files.readString(file).replace("maxInFlight: 1", "maxInFlight: 9"));
    Gateway gateway = gateway(file);
    Reloads reloads = watch(file, gateway);
    WireClient streaming = gateways.client(gateway).send(Requests.stream("lora", 2));
    WireResponse head = streaming.readHead();
    assertThat(streaming.readChunk()).contains("data: 1");
    assertThat(gateways.chat(gateway, "lora").status()).isEqualTo(200);

    listener.rotate(second);
    write("ca", second);
    await().atMost(SOON).until(() -> reloads.valid.get() == 1);

    assertThat(gateways.chat(gateway, "lora").status()).isEqualTo(200);
    assertThat(server.calls().stream().map(RawUpstream.Call::connection).distinct()).hasSize(3);
    more.countDown();
    ByteArrayOutputStream rest = new ByteArrayOutputStream();
    assertThat(streaming.readBody(head, rest)).isTrue();
    assertThat(rest.toString(StandardCharsets.UTF_8)).contains("[DONE]");
    await().atMost(SOON).until(() -> health(gateway).equals("up"));
    assertThat(reloads.refused).hasValue(0);
  }

  @Test
  void rotationToFilesThatAreNoGood_isRefused_andTheOldOnesStay() throws Exception {
    X509Bundle own = server("127.0.0.1");
    X509Bundle gatewaysOwn = certificate().buildSelfSigned();
    write("server", own);
    write("gateway", gatewaysOwn);
    TlsListener listener = new TlsListener(own, gatewaysOwn);
    RawUpstream server =
        gateways.closing(
            new RawUpstream(
                listener,
                call -> call.write(ANSWER.replace("200 OK", "200 OK\r\nConnection: close"))));
    String tls = "ca: server.crt, certificate: gateway.crt, key: gateway.key";
    Path file = config("127.0.0.1", server.port(), tls);
    Gateway gateway = gateway(file);
    Reloads reloads = watch(file, gateway);
    try (CapturedLog log = CapturedLog.of(ServeCommand.class, Level.INFO)) {
      write("server.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
      await().atMost(SOON).until(() -> reloads.refused.get() == 1);

      for (int i = 0; i < 2; i++) {
        assertThat(gateways.chat(gateway, "base").status()).isEqualTo(200);
      }
      assertThat(log.events())
          .extracting(ILoggingEvent::getFormattedMessage)
          .filteredOn(line -> line.contains("server.crt"))
          .singleElement()
          .asString()
          .contains("pools[0].upstream.tls.ca: ", "holds no valid certificate");
    }

    write("server", own);
    await().atMost(SOON).until(() -> reloads.valid.get() == 1);
    assertThat(gateways.chat(gateway, "base").status()).isEqualTo(200);
    assertThat(health(gateway)).isEqualTo("up");
  }
}
