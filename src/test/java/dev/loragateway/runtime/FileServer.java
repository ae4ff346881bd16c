package dev.loragateway.runtime;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A web server whose files a test puts there, and which can hold an answer back in its middle.
 * Thread-safe.
 */
final class FileServer implements AutoCloseable {
  /** What was asked for. */
  record Asked(String path, String authorization, String ifNoneMatch) {}

  private final Map<String, byte[]> files = new ConcurrentHashMap<>();
  private final List<Asked> asked = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer server;
  private volatile CountDownLatch gate = new CountDownLatch(0);
  private volatile boolean etags;

  FileServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  String url(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  void put(String path, byte[] content) {
    files.put(path, content);
  }

  /** Files have an ETag from now on. */
  void withEtags() {
    etags = true;
  }

  /** Answers stop in their middle until it is opened. */
  void hold() {
    gate = new CountDownLatch(1);
  }

  void release() {
    gate.countDown();
  }

  List<Asked> asked() {
    return asked;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().toString();
      String known = exchange.getRequestHeaders().getFirst("If-None-Match");
      asked.add(new Asked(path, exchange.getRequestHeaders().getFirst("Authorization"), known));
      byte[] content = files.get(path);
      if (content == null) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      String etag = '"' + TestAdapter.sha256(content) + '"';
      if (etags) {
        exchange.getResponseHeaders().set("ETag", etag);
      }
      if (etags && etag.equals(known)) {
        exchange.sendResponseHeaders(304, -1);
        return;
      }
      send(exchange, content);
    }
  }

  private void send(HttpExchange exchange, byte[] content) throws IOException {
    exchange.sendResponseHeaders(200, content.length);
    int half = content.length / 2;
    exchange.getResponseBody().write(content, 0, half);
    exchange.getResponseBody().flush();
    try {
      gate.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    exchange.getResponseBody().write(content, half, content.length - half);
  }

  @Override
  public void close() {
    release();
    server.stop(0);
    threads.shutdownNow();
  }
}
