package dev.loragateway.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Passes connections on to gateways in turn, to those that said of late that they are ready, as a
 * load balancer of TCP does. Thread-safe.
 */
final class TcpBalancer implements AutoCloseable {
  private static final long CHECK_MILLIS = 50;
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

  private final ServerSocket listener;
  private final List<Gateway> gateways = new CopyOnWriteArrayList<>();
  private final Set<Gateway> ready = ConcurrentHashMap.newKeySet();
  private final AtomicInteger turn = new AtomicInteger();
  private final HttpClient http = HttpClient.newHttpClient();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService checks = Executors.newSingleThreadScheduledExecutor();

  TcpBalancer() {
    try {
      listener = new ServerSocket(0, 1024, LOOPBACK);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads.execute(this::accept);
    checks.scheduleWithFixedDelay(this::check, 0, CHECK_MILLIS, TimeUnit.MILLISECONDS);
  }

  int port() {
    return listener.getLocalPort();
  }

  void add(Gateway gateway) {
    gateways.add(gateway);
  }

  void remove(Gateway gateway) {
    gateways.remove(gateway);
  }

  /** Whether connections go to it at the moment. */
  boolean uses(Gateway gateway) {
    return ready.contains(gateway);
  }

  private void check() {
    for (Gateway gateway : gateways) {
      if (isReady(gateway)) {
        ready.add(gateway);
      } else {
        ready.remove(gateway);
      }
    }
    ready.retainAll(gateways);
  }

  private boolean isReady(Gateway gateway) {
    URI uri = URI.create("http://127.0.0.1:" + gateway.adminPort() + "/readyz");
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(1)).build();
    try {
      return http.send(request, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        List<Gateway> there = List.copyOf(ready);
        if (there.isEmpty()) {
          client.close();
          continue;
        }
        Gateway gateway = there.get(turn.getAndIncrement() % there.size());
        Socket server = new Socket(LOOPBACK, gateway.port());
        threads.execute(() -> pass(client, server));
        threads.execute(() -> pass(server, client));
      }
    } catch (IOException e) {
      closeQuietly(listener);
    }
  }

  private static void pass(Socket from, Socket to) {
    try (from;
        to) {
      from.setTcpNoDelay(true);
      to.setTcpNoDelay(true);
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      closeQuietly(to);
    }
  }

  private static void closeQuietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    closeQuietly(listener);
    checks.shutdownNow();
    threads.shutdownNow();
    http.close();
  }
}
