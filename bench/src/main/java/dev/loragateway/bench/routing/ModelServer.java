package dev.loragateway.bench.routing;

import dev.loragateway.model.EndpointLoad;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A simulated model server: vLLM's engine loop as one event for each step. Confined to one
 * simulation.
 */
/*
 * At a step's beginning the prompts that are under way and then those that wait are given the step's
 * tokens, first come first served; who wants an adapter that is not in the batch while the batch has
 * as many adapters as there are GPU slots is passed over. Then each adapter of the batch is touched,
 * or loaded while everybody waits. A request's first token comes at the end of the step that
 * completes its prompt, and its last so many steps later, so that requests under way need not be
 * looked at in between. Requests that end at one step are linked in the ring's entry for it.
 */
final class ModelServer implements Event {
  /** No answer is longer, in tokens. */
  static final int MAX_OUTPUT = 2048;

  final int index;
  final AdapterSlots slots;
  private final ServerModel model;
  private final EventQueue events;
  private final Adapters adapters;
  private final int gpuSlots;
  private final long network;
  private final WaitingLine waiting;
  private final ServerActivity activity;
  private final @Nullable Request[] ring = new Request[MAX_OUTPUT * 2];
  private final List<Request> prefilling = new ArrayList<>();

  /** Requests in the batch for each adapter, and the adapters that have any. */
  private final int[] inBatch;

  private final int[] batch;
  private int batchAdapters;
  private int running;
  private int kvUsed;
  private long step;
  private long examined;
  private int waitingAtStep;
  private boolean busy;
  private boolean up = true;
  private double processStart = 1;

  /** Counts the processes, so that the steps of one that died are told from its successor's. */
  private int process;

  ModelServer(int index, ServerModel model, Adapters adapters, int gpuSlots, EventQueue events) {
    this.index = index;
    this.model = model;
    this.adapters = adapters;
    this.gpuSlots = gpuSlots;
    this.events = events;
    this.network = ServerModel.nanos(model.networkMs());
    this.slots = new AdapterSlots(model, adapters, gpuSlots);
    this.waiting = new WaitingLine(adapters.count());
    this.activity = new ServerActivity(adapters, model.liveGauges());
    this.inBatch = new int[adapters.count()];
    this.batch = new int[gpuSlots];
    slots.registerAll();
  }

  boolean up() {
    return up;
  }

  int requests() {
    return running + waiting.size();
  }

  ServerActivity activity() {
    return activity;
  }

  /** A request comes over the network. */
  void receive(Request request) {
    if (!up) {
      events.at(events.now() + network, request, Request.UNREACHABLE);
      return;
    }
    request.gateway.received(request);
    waiting.add(request);
    activity.arrived(request.adapter, events.now());
    if (!busy) {
      begin();
    }
    if (model.liveGauges()) {
      activity.gauges(running, waiting.size(), kvShare());
    }
  }

  private double kvShare() {
    return (double) kvUsed / model.kvTokens();
  }

  /** The end of a step. */
  @Override
  public void fire(int kind) {
    if (!up || kind != (process & 15)) {
      return;
    }
    finish();
    activity.stepped(running, waitingAtStep, kvShare(), events.now());
    if (requests() > 0) {
      begin();
    } else {
      busy = false;
    }
  }

  private void begin() {
    busy = true;
    step++;
    int decoding = running - prefilling.size();
    int budget = model.maxBatchedTokens() - decoding;
    int before = budget;
    for (int i = 0; i < prefilling.size() && budget > 0; i++) {
      budget -= prefill(prefilling.get(i), budget);
    }
    budget = admit(budget);
    waitingAtStep = waiting.size();
    if (model.liveGauges()) {
      activity.gauges(running, waitingAtStep, kvShare());
    }
    double millis =
        model.stepMs()
            + model.perSeqMs() * running
            + model.prefillMs() * (before - budget)
            + model.perRankMs() * Math.max(0, largestRank() - 16);
    events.at(events.now() + swap() + ServerModel.nanos(millis), this, process & 15);
  }

  private int admit(int budget) {
    int left = budget;
    while (running < model.maxNumSeqs() && left > 0) {
      Request next = next();
      if (next == null) {
        examined = Long.MAX_VALUE;
        return left;
      }
      if (running > 0 && kvUsed + next.kvTokens() > model.kvTokens()) {
        examined = next.place - 1;
        return left;
      }
      waiting.remove(next);
      enter(next);
      prefilling.add(next);
      left -= prefill(next, left);
      examined = next.place;
    }
    return left;
  }

  /** The first that may pass, or null. */
  private @Nullable Request next() {
    if (batchAdapters < gpuSlots) {
      return waiting.first();
    }
    Request first = waiting.first(Adapters.NONE);
    for (int i = 0; i < batchAdapters; i++) {
      Request other = waiting.first(batch[i]);
      if (other != null && (first == null || other.place < first.place)) {
        first = other;
      }
    }
    return first;
  }

  private void enter(Request request) {
    running++;
    kvUsed += request.kvTokens();
    request.prefilled = 0;
    int adapter = request.adapter;
    request.hit = adapter == Adapters.NONE || slots.inGpu(adapter);
    if (adapter != Adapters.NONE && inBatch[adapter]++ == 0) {
      batch[batchAdapters++] = adapter;
    }
  }

  private static int prefill(Request request, int budget) {
    int tokens = Math.min(budget, request.promptTokens - request.prefilled);
    request.prefilled += tokens;
    return tokens;
  }

  private int largestRank() {
    int rank = 0;
    for (int i = 0; i < batchAdapters; i++) {
      rank = Math.max(rank, adapters.rank(batch[i]));
    }
    return rank;
  }

  /** Touches the batch's adapters; returns how long the loads among them take. */
  private long swap() {
    long nanos = 0;
    for (int i = 0; i < batchAdapters; i++) {
      nanos += slots.ensure(batch[i]);
    }
    return nanos;
  }

  private void finish() {
    long toGateway = events.now() + network;
    if (!prefilling.isEmpty()) {
      prefilling.removeIf(request -> prefilled(request, toGateway));
    }
    int at = (int) step & ring.length - 1;
    Request done = ring[at];
    ring[at] = null;
    while (done != null) {
      Request next = done.finishesWith;
      done.finishesWith = null;
      leave(done);
      events.at(toGateway, done, Request.LAST);
      done = next;
    }
  }

  /** Sends the first token and notes the step of the last, once the whole prompt is done. */
  private boolean prefilled(Request request, long toGateway) {
    if (request.prefilled < request.promptTokens) {
      return false;
    }
    events.at(toGateway, request, Request.FIRST);
    int at = (int) (step + request.outputTokens - 1) & ring.length - 1;
    request.finishesWith = ring[at];
    ring[at] = request;
    return true;
  }

  private void leave(Request request) {
    running--;
    kvUsed -= request.kvTokens();
    int adapter = request.adapter;
    activity.left(adapter);
    if (adapter != Adapters.NONE && --inBatch[adapter] == 0) {
      int at = 0;
      while (batch[at] != adapter) {
        at++;
      }
      System.arraycopy(batch, at + 1, batch, at, --batchAdapters - at);
    }
  }

  /** The process dies, and with it every connection. */
  void die() {
    up = false;
    busy = false;
    process++;
    List<Request> lost = new ArrayList<>(prefilling);
    prefilling.clear();
    waiting.drain(lost::add);
    for (int i = 0; i < ring.length; i++) {
      for (Request at = ring[i]; at != null; at = at.finishesWith) {
        lost.add(at);
      }
      ring[i] = null;
    }
    running = 0;
    kvUsed = 0;
    batchAdapters = 0;
    java.util.Arrays.fill(inBatch, 0);
    activity.clear();
    slots.clear();
    for (Request request : lost) {
      request.finishesWith = null;
      events.at(events.now() + network, request, Request.BROKEN);
    }
  }

  /** A new process, with nothing loaded. */
  void comeBack() {
    up = true;
    processStart = events.now() / 1e9;
  }

  /** What a scrape that began at {@code began} would be told now, idle times only if wanted. */
  EndpointLoad load(long began, boolean idle) {
    int deferred = examined == Long.MAX_VALUE ? waiting.size() : waiting.upTo(examined);
    return new EndpointLoad(
        activity.running(),
        activity.waiting(),
        activity.kvCache(),
        gpuSlots,
        1,
        processStart,
        activity.names(),
        Math.min(deferred, activity.waiting()),
        idle && model.reportsIdle() ? activity.idleSeconds(began) : java.util.Map.of(),
        model.reportsLoaded() ? slots.loaded() : null);
  }
}
