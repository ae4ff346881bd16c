package dev.loragateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.kubernetes.ClusterExtension;
import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Clients that ask a gateway one request after the other, some for streams. Each answer has to be
 * whole. Thread-safe.
 */
final class SteadyClients implements AutoCloseable {
  private static final int STREAM_TOKENS = 40;
  private static final int PLAIN_TOKENS = 4;
  private static final int SHOWN_FAILURES = 20;

  private final int gateway;
  private final String model;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, AtomicInteger> open = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> served = new ConcurrentHashMap<>();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final AtomicInteger streams = new AtomicInteger();
  private final AtomicInteger plain = new AtomicInteger();
  private volatile boolean over;

  SteadyClients(Gateway gateway, String model, int streaming, int others) {
    this(gateway.port(), model, streaming, others);
  }

  SteadyClients(int port, String model, int streaming, int others) {
    this.gateway = port;
    this.model = model;
    for (int i = 0; i < streaming + others; i++) {
      boolean stream = i < streaming;
      threads.execute(() -> run(stream));
    }
  }

  private void run(boolean stream) {
    while (!over) {
      try (WireClient client = new WireClient(gateway)) {
        boolean keepAlive = true;
        while (!over && keepAlive) {
          keepAlive = ask(client, stream);
        }
      } catch (UncheckedIOException | AssertionError e) {
        if (failures.size() < SHOWN_FAILURES) {
          failures.add(e.toString());
        }
      }
    }
  }

  /** Returns whether the connection may be used again. */
  private boolean ask(WireClient client, boolean stream) {
    client.send(
        stream ? Requests.stream(model, STREAM_TOKENS) : Requests.chat(model, PLAIN_TOKENS));
    WireResponse head = client.readHead();
    String endpoint = String.valueOf(head.endpoint());
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    boolean whole;
    if (stream) {
      AtomicInteger there = open.computeIfAbsent(endpoint, key -> new AtomicInteger());
      there.incrementAndGet();
      try {
        whole = client.readBody(head, body);
      } finally {
        there.decrementAndGet();
      }
    } else {
      whole = client.readBody(head, body);
    }
    String text = body.toString(StandardCharsets.ISO_8859_1);
    boolean ended = text.endsWith(stream ? "data: [DONE]\n\n" : "}");
    if (head.status() != 200 || !whole || !ended || text.contains("\"error\"")) {
      throw new AssertionError(endpoint + " answered " + head + " " + text);
    }
    (stream ? streams : plain).incrementAndGet();
    served.computeIfAbsent(endpoint, key -> new AtomicInteger()).incrementAndGet();
    return !"close".equals(head.header("connection"));
  }

  /** Requests that were answered from there. */
  int served(String address) {
    AtomicInteger there = served.get(address);
    return there == null ? 0 : there.get();
  }

  /** Streams that have begun there and have not ended. */
  int open(String address) {
    AtomicInteger there = open.get(address);
    return there == null ? 0 : there.get();
  }

  /** What went wrong with the first requests that failed. */
  List<String> failures() {
    return List.copyOf(failures);
  }

  int streams() {
    return streams.get();
  }

  int plain() {
    return plain.get();
  }

  /** Waits until so many more requests were answered; fails once one fails. */
  void awaitMore(int requests) {
    int enough = streams() + plain() + requests;
    await()
        .atMost(ClusterExtension.SOON)
        .failFast(() -> assertThat(failures()).isEmpty())
        .until(() -> streams() + plain() >= enough);
  }

  /** Lets the requests under way end, and begins no more. */
  @Override
  public void close() {
    over = true;
    threads.close();
  }
}
