package dev.loragateway.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.loragateway.access.JwtSettings.KeySource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Publishes an issuer's keys over HTTP, and can be made to answer later. Thread-safe. */
public final class JwksServer implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicInteger asked = new AtomicInteger();
  private volatile int status = 200;
  private volatile String jwks;
  private volatile CountDownLatch held = new CountDownLatch(0);

  public JwksServer(String jwks) {
    this(jwks, 0);
  }

  public JwksServer(String jwks, int port) {
    this.jwks = jwks;
    try {
      server =
          HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  private void answer(HttpExchange call) throws IOException {
    asked.incrementAndGet();
    try (call) {
      held.await();
      byte[] body = jwks.getBytes(UTF_8);
      call.getResponseHeaders().set("Location", "/elsewhere");
      call.sendResponseHeaders(status, body.length);
      call.getResponseBody().write(body);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  public URI url() {
    return URI.create("http://127.0.0.1:" + port() + "/jwks");
  }

  public int port() {
    return server.getAddress().getPort();
  }

  /** Settings of a gateway that fetches the keys here, and not again by itself. */
  public JwtSettings settings() {
    return Issuer.settings(
        new KeySource.Url(url(), List.of(), Duration.ofHours(1)), JwtSettings.Claims.NONE);
  }

  /** Requests until now. */
  public int asked() {
    return asked.get();
  }

  public void publish(String next) {
    jwks = next;
  }

  public void answerWith(int code) {
    status = code;
  }

  /** Answers wait from now on, until {@link #release}. */
  public void hold() {
    held = new CountDownLatch(1);
  }

  public void release() {
    held.countDown();
  }

  @Override
  public void close() {
    release();
    server.stop(0);
    threads.close();
  }
}
