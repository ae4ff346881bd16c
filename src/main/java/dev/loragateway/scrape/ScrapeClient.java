package dev.loragateway.scrape;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.loragateway.model.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Asks model servers over HTTP/1.1, each answer bounded in time and size; directly, as requests go
 * to them, whatever proxy or redirect there may be. Blocks, so it is for virtual threads. Of each
 * endpoint one connection is kept between requests. Thread-safe.
 */
final class ScrapeClient implements AutoCloseable {
  /**
   * vLLM closes a connection that was idle for 5 s. Giving it up earlier keeps a probe from meeting
   * a close that is under way.
   */
  private static final long LONGEST_IDLE = Duration.ofSeconds(4).toNanos();

  private static final int LONGEST_REASON = 200;

  private final ExecutorService lookups =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("scrape-lookup-", 0).factory());
  private final Deadlines deadlines = new Deadlines();
  private final Map<Endpoint, HttpConnection> idle = new ConcurrentHashMap<>();
  private final PageBuffers buffers = new PageBuffers();

  /** One request. */
  private record Request(Endpoint endpoint, String head, int maxBytes, long deadline) {
    static Request of(Endpoint endpoint, String path, int maxBytes, long deadline) {
      URI uri = URI.create(endpoint.url(path));
      String head =
          "GET "
              + uri.getRawPath()
              + " HTTP/1.1\r\nHost: "
              + uri.getRawAuthority()
              + "\r\nUser-Agent: lora-gateway\r\n"
              + credential(endpoint.apiKey())
              + "\r\n";
      return new Request(endpoint, head, maxBytes, deadline);
    }

    private static String credential(@Nullable String apiKey) {
      if (apiKey == null) {
        return "";
      }
      if (apiKey.chars().anyMatch(Character::isISOControl)) {
        throw new IllegalArgumentException("the API key has a control character");
      }
      return "Authorization: Bearer " + apiKey + "\r\n";
    }

    boolean isLate() {
      return System.nanoTime() - deadline >= 0;
    }
  }

  /**
   * Asks for a path and waits for the whole answer.
   *
   * @param timeout bounds the whole exchange, name resolution and body included
   * @param maxBytes largest body that is read
   */
  Answer get(Endpoint endpoint, String path, Duration timeout, int maxBytes)
      throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    try {
      return ask(Request.of(endpoint, path, maxBytes, deadline));
    } catch (IOException | IllegalArgumentException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      return System.nanoTime() - deadline >= 0
          ? new Answer.Failed("no complete answer within " + timeout.toMillis() + " ms", true)
          : failed(e);
    }
  }

  /** The server may close a kept connection at any time; then the request goes over another one. */
  private Answer ask(Request request) throws IOException, InterruptedException {
    HttpConnection kept = kept(request.endpoint());
    if (kept != null) {
      try {
        return ask(kept, request);
      } catch (IOException e) {
        if (kept.answered() || request.isLate()) {
          throw e;
        }
      }
    }
    return ask(open(request), request);
  }

  private Answer ask(HttpConnection connection, Request request) throws IOException {
    byte[] head = request.head().getBytes(ISO_8859_1);
    boolean keep = false;
    try {
      Answer answer =
          deadlines.within(
              request.deadline(),
              connection.socket(),
              () -> connection.ask(head, buffers, request.maxBytes(), request.deadline()));
      keep = connection.reusable();
      return answer;
    } finally {
      if (keep) {
        keep(request.endpoint(), connection);
      } else {
        connection.close();
      }
    }
  }

  private @Nullable HttpConnection kept(Endpoint endpoint) {
    HttpConnection kept = idle.remove(endpoint);
    if (kept == null || isFresh(kept)) {
      return kept;
    }
    kept.close();
    return null;
  }

  private static boolean isFresh(HttpConnection kept) {
    try {
      return System.nanoTime() - kept.usedAt() <= LONGEST_IDLE && !kept.stray();
    } catch (IOException e) {
      return false;
    }
  }

  private void keep(Endpoint endpoint, HttpConnection connection) {
    HttpConnection other = idle.put(endpoint, connection);
    if (other != null) {
      other.close();
    }
  }

  private HttpConnection open(Request request) throws IOException, InterruptedException {
    Endpoint endpoint = request.endpoint();
    InetAddress address = resolve(endpoint.host(), request.deadline());
    Socket socket = new Socket(Proxy.NO_PROXY);
    return deadlines.within(
        request.deadline(), socket, () -> HttpConnection.open(socket, endpoint, address));
  }

  /** A look-up cannot be given up; it is only not waited for. */
  private InetAddress resolve(String host, long deadline) throws IOException, InterruptedException {
    Future<InetAddress> lookup = lookups.submit(() -> InetAddress.getByName(host));
    try {
      return lookup.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof UnknownHostException unknown ? unknown : new IOException(e);
    } catch (TimeoutException e) {
      throw new SocketTimeoutException();
    }
  }

  private static Answer.Failed failed(Throwable failure) {
    String reason = failure.toString().replaceAll("\\p{Cntrl}", " ");
    return new Answer.Failed(reason.substring(0, Math.min(reason.length(), LONGEST_REASON)), false);
  }

  /** Takes back the bytes of a page that nobody reads any more, for another one. */
  void recycle(Answer.Page page) {
    buffers.give(page.bytes());
  }

  /** Gives up the connection that is kept to an endpoint. */
  void forget(Endpoint endpoint) {
    HttpConnection kept = idle.remove(endpoint);
    if (kept != null) {
      kept.close();
    }
  }

  /** Gives up all connections; no request may be under way. */
  @Override
  public void close() {
    idle.keySet().forEach(this::forget);
    lookups.shutdownNow();
    deadlines.close();
  }
}
