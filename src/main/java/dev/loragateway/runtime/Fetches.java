package dev.loragateway.runtime;

import dev.loragateway.adapters.AdapterFiles;
import dev.loragateway.runtime.ContentHash.FileHash;
import dev.loragateway.runtime.SourceIndex.Entry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings artifacts to the volume. Whoever wants the same at the same time shares one fetch, which
 * goes on when they leave. Thread-safe.
 */
final class Fetches implements AutoCloseable {
  /** A fetch under way. */
  record Running(String source, long bytes) {}

  /** A fetch that came to nothing, and was not tried again with success. */
  record Failed(String source, String reason) {}

  private static final class Flight {
    final Order order;
    final CompletableFuture<String> artifact = new CompletableFuture<>();
    volatile @Nullable Staging staging;

    Flight(Order order) {
      this.order = order;
    }
  }

  private static final Logger log = LoggerFactory.getLogger(Fetches.class);
  private static final int MOST_FAILED = 100;
  private static final int MOST_TRIES = 3;
  private static final int SECONDS_TO_STOP = 5;

  private final ArtifactStore store;
  private final SourceIndex index;
  private final Fetchers fetchers;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<Order, Flight> flights = new ConcurrentHashMap<>();
  private final Map<String, Failed> failed = new LinkedHashMap<>();

  Fetches(ArtifactStore store, SourceIndex index, Fetchers fetchers) {
    this.store = store;
    this.index = index;
    this.fetchers = fetchers;
  }

  /**
   * The artifact, fetched if it is not there.
   *
   * @throws ProblemException if it cannot be had
   */
  Lease get(Order order) throws ProblemException {
    for (int tries = 0; tries < MOST_TRIES; tries++) {
      Lease lease = store.lease(await(flights.computeIfAbsent(order, this::start)));
      if (lease != null) {
        return small(lease, order.limits().maxBytes());
      }
    }
    throw new ProblemException(
        Problem.INSUFFICIENT_STORAGE, "the artifact was deleted again before it could be used");
  }

  private static Lease small(Lease lease, long maxBytes) throws ProblemException {
    if (lease.artifact().bytes() > maxBytes) {
      lease.close();
      throw new ProblemException(
          Problem.ADAPTER_TOO_LARGE, "the adapter is larger than " + maxBytes + " bytes");
    }
    return lease;
  }

  private static String await(Flight flight) throws ProblemException {
    try {
      return flight.artifact.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof ProblemException problem
          ? new ProblemException(problem.problem(), problem.text(), e)
          : new ProblemException(Problem.INTERNAL, "the fetch failed, see the log", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ProblemException(Problem.FETCH_FAILED, "the sidecar is stopping", e);
    }
  }

  private Flight start(Order order) {
    Flight flight = new Flight(order);
    threads.execute(() -> fly(flight));
    return flight;
  }

  private void fly(Flight flight) {
    Order order = flight.order;
    try {
      String sha256 = fetch(flight);
      forget(order);
      flight.artifact.complete(sha256);
    } catch (ProblemException e) {
      log.warn("{} was not fetched: {}", order.source().shown(), e.text());
      fail(flight, e.text(), e);
      makeRoom(flight, e);
    } catch (IOException | RuntimeException e) {
      log.error("{} was not fetched", order.source().shown(), e);
      fail(flight, "the fetch failed, see the log", e);
    } finally {
      flights.remove(order, flight);
    }
  }

  private void fail(Flight flight, String reason, Exception e) {
    synchronized (failed) {
      failed.remove(flight.order.key());
      failed.put(flight.order.key(), new Failed(flight.order.source().shown(), reason));
      if (failed.size() > MOST_FAILED) {
        failed.remove(failed.keySet().iterator().next());
      }
    }
    flight.artifact.completeExceptionally(e);
  }

  private void forget(Order order) {
    synchronized (failed) {
      failed.remove(order.key());
    }
  }

  /** A full disk: the next try finds what nobody uses gone. */
  private void makeRoom(Flight flight, ProblemException e) {
    Staging staging = flight.staging;
    if (e.problem() == Problem.INSUFFICIENT_STORAGE && staging != null) {
      store.collect(staging.written() + 1);
    }
  }

  private String fetch(Flight flight) throws IOException {
    Order order = flight.order;
    Entry entry = index.get(order.key());
    String content = entry == null ? order.sha256() : entry.content();
    try (Lease there = content == null ? null : store.lease(content)) {
      if (content == null || there == null) {
        return ask(flight, null);
      }
      return order.fixed() ? content : ask(flight, entry);
    }
  }

  /** Asks the source, which may say that it has what is there. */
  private String ask(Flight flight, @Nullable Entry there) throws IOException {
    Order order = flight.order;
    try (Staging staging = store.stage(order.limits())) {
      flight.staging = staging;
      String known = there == null ? null : there.validator();
      return switch (fetchers.fetch(order, staging, known)) {
        case Fetched.Unchanged() -> Objects.requireNonNull(there).content();
        case Fetched.Files(String validator) -> keep(order, staging, validator);
      };
    }
  }

  private String keep(Order order, Staging staging, @Nullable String validator) throws IOException {
    check(order, staging);
    try (Lease lease = store.commit(staging)) {
      String sha256 = lease.artifact().sha256();
      String source = order.source().shown();
      index.put(order.key(), new Entry(source, sha256, validator, order.fixed()));
      return sha256;
    }
  }

  /** Archives were held against their hash before they were unpacked. */
  private static void check(Order order, Staging staging) throws ProblemException {
    String expected = order.sha256();
    if (expected == null || order.source() instanceof Source.Archive) {
      return;
    }
    String content = ContentHash.of(staging.files());
    FileHash weights = staging.files().get(AdapterFiles.WEIGHTS);
    String actual = weights == null ? content : weights.sha256();
    if (!expected.equals(content) && !expected.equals(actual)) {
      throw new ProblemException(
          Problem.CHECKSUM_MISMATCH,
          "%s: the sha256 of its weights is %s (expected: %s)"
              .formatted(order.source().shown(), actual, expected));
    }
  }

  /** What is under way. */
  List<Running> running() {
    List<Running> running = new ArrayList<>();
    for (Flight flight : flights.values()) {
      Staging staging = flight.staging;
      running.add(
          new Running(flight.order.source().shown(), staging == null ? 0 : staging.written()));
    }
    return running;
  }

  /** The latest that came to nothing. */
  List<Failed> failed() {
    synchronized (failed) {
      return new ArrayList<>(failed.values());
    }
  }

  /** Gives up what is under way. */
  @Override
  public void close() {
    threads.shutdownNow();
    try {
      if (!threads.awaitTermination(SECONDS_TO_STOP, TimeUnit.SECONDS)) {
        log.warn("some fetches have not ended");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
