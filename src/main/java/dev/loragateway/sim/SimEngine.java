package dev.loragateway.sim;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The engine: one thread that runs continuous batching. Each step admits waiting requests in order
 * of arrival, brings the batch's adapters into GPU slots, prefills the newcomers and gives every
 * running request one token. The whole prompt is prefilled in one step, and nothing is preempted.
 * Its methods may be called by any thread; its state is confined to the engine thread.
 */
final class SimEngine implements AutoCloseable {
  private interface Command {
    void run() throws InterruptedException;
  }

  private final SimSettings settings;
  private final SimPacer pacer;
  private final SimWorker worker;
  private final SimMetrics metrics;
  private final BlockingQueue<Command> inbox = new LinkedBlockingQueue<>();
  private final List<EngineRequest> waiting = new ArrayList<>();
  private final List<EngineRequest> running = new ArrayList<>();
  private final Thread thread =
      Thread.ofPlatform().daemon().name("sim-engine").unstarted(this::run);
  private boolean stalled;
  private boolean asleep;

  SimEngine(SimSettings settings, SimPacer pacer, SimWorker worker, SimMetrics metrics) {
    this.settings = settings;
    this.pacer = pacer;
    this.worker = worker;
    this.metrics = metrics;
  }

  void start() {
    thread.start();
  }

  void submit(EngineRequest request) {
    request.arrived = pacer.nanoTime();
    inbox.add(() -> waiting.add(request));
  }

  /** Frees the request's place before the next step. */
  void abort(EngineRequest request) {
    request.aborted = true;
    inbox.add(() -> {});
  }

  /** Loads an adapter between two steps and activates it at once. */
  CompletableFuture<SimAdapter> load(SimAdapter adapter) {
    CompletableFuture<SimAdapter> done = new CompletableFuture<>();
    inbox.add(
        () -> {
          worker.ensure(List.of(adapter));
          done.complete(adapter);
        });
    return done;
  }

  /** While stalled, no step runs; requests are taken in and wait. */
  void stall(boolean on) {
    inbox.add(() -> stalled = on);
  }

  /**
   * From now on no step runs; requests are taken in and wait. Those that it has wait, too, or are
   * given up.
   */
  CompletableFuture<Void> sleep(boolean keep) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    inbox.add(
        () -> {
          asleep = true;
          if (!keep) {
            waiting.forEach(request -> request.aborted = true);
            running.forEach(request -> request.aborted = true);
          }
          done.complete(null);
        });
    return done;
  }

  /** Steps run again. */
  CompletableFuture<Void> wakeUp() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    inbox.add(
        () -> {
          asleep = false;
          done.complete(null);
        });
    return done;
  }

  /** Forgets all requests and empties the slots, as a new process would. */
  CompletableFuture<Void> reset() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    inbox.add(
        () -> {
          waiting.clear();
          running.clear();
          worker.clear();
          asleep = false;
          metrics.restarted();
          done.complete(null);
        });
    return done;
  }

  @Override
  public void close() {
    thread.interrupt();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      while (true) {
        takeCommands();
        boolean changed = dropAborted();
        if (!stalled && !asleep && !(waiting.isEmpty() && running.isEmpty())) {
          step();
          metrics.stepped(gauges());
        } else {
          metrics.gauges(gauges());
          if (changed) {
            metrics.stepped(gauges());
          }
        }
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  private void takeCommands() throws InterruptedException {
    if (stalled || asleep || (waiting.isEmpty() && running.isEmpty())) {
      inbox.take().run();
    }
    for (Command next = inbox.poll(); next != null; next = inbox.poll()) {
      next.run();
    }
  }

  private boolean dropAborted() {
    int before = waiting.size() + running.size();
    waiting.removeIf(this::dropped);
    running.removeIf(this::dropped);
    return waiting.size() + running.size() < before;
  }

  private boolean dropped(EngineRequest request) {
    if (request.aborted) {
      metrics.finished(request, "abort", pacer.nanoTime());
    }
    return request.aborted;
  }

  private void step() throws InterruptedException {
    List<EngineRequest> admitted = admit();
    Map<Integer, SimAdapter> batch = new LinkedHashMap<>();
    for (EngineRequest request : running) {
      SimAdapter adapter = request.adapter;
      if (adapter != null) {
        batch.put(adapter.id(), adapter);
      }
    }
    for (EngineRequest request : admitted) {
      SimAdapter adapter = request.adapter;
      request.level = adapter == null ? null : worker.level(adapter);
    }
    worker.ensure(batch.values());
    long prompt = admitted.stream().mapToLong(request -> request.promptTokens).sum();
    pacer.spend(prompt * settings.prefillPerToken().toNanos());
    pacer.spend(settings.tokenTime().toNanos());
    emit();
  }

  private List<EngineRequest> admit() {
    List<EngineRequest> admitted = new ArrayList<>();
    Set<Integer> active = new HashSet<>();
    long kv = 0;
    for (EngineRequest request : running) {
      kv += request.kvTokens();
      if (request.adapter != null) {
        active.add(request.adapter.id());
      }
    }
    Iterator<EngineRequest> queue = waiting.iterator();
    while (queue.hasNext() && running.size() < settings.maxNumSeqs()) {
      EngineRequest request = queue.next();
      SimAdapter adapter = request.adapter;
      if (adapter != null
          && !active.contains(adapter.id())
          && active.size() >= settings.maxLoras()) {
        request.deferred = true;
        continue;
      }
      kv += request.promptTokens;
      if (kv > settings.kvCacheTokens() && !running.isEmpty()) {
        break;
      }
      queue.remove();
      if (adapter != null) {
        active.add(adapter.id());
      }
      request.deferred = false;
      request.scheduled = pacer.nanoTime();
      running.add(request);
      admitted.add(request);
    }
    return admitted;
  }

  private void emit() {
    long now = pacer.nanoTime();
    Iterator<EngineRequest> batch = running.iterator();
    while (batch.hasNext()) {
      EngineRequest request = batch.next();
      boolean last = ++request.generated >= request.outputTokens;
      metrics.token(request, now);
      if (last) {
        batch.remove();
        metrics.finished(request, request.limited ? "length" : "stop", now);
      }
      request.listener.token(request.generated - 1, last);
    }
  }

  private SimMetrics.Gauges gauges() {
    long deferred = waiting.stream().filter(request -> request.deferred).count();
    long kv = running.stream().mapToLong(EngineRequest::kvTokens).sum();
    return new SimMetrics.Gauges(
        running.size(),
        waiting.size() - (int) deferred,
        (int) deferred,
        Math.min(1.0, (double) kv / settings.kvCacheTokens()));
  }
}
