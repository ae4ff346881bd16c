package dev.loragateway.sim;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

/**
 * The part of the engine that holds adapters: it brings those of a batch into GPU slots and takes
 * the time for it, during which the whole batch waits. Confined to the engine thread, except {@link
 * #slots}.
 */
final class SimWorker {
  /** The names in both kinds of slots, least recently used first. Immutable. */
  record Slots(List<String> gpu, List<String> cpu) {}

  private final SimSettings settings;
  private final SimPacer pacer;
  private final InstantSource clock;
  private final Consumer<SimTraceEvent> trace;
  private final LoraSlots slots;
  private volatile Slots published = new Slots(List.of(), List.of());

  SimWorker(
      SimSettings settings, SimPacer pacer, InstantSource clock, Consumer<SimTraceEvent> trace) {
    this.settings = settings;
    this.pacer = pacer;
    this.clock = clock;
    this.trace = trace;
    this.slots = new LoraSlots(settings.maxLoras(), settings.maxCpuLoras());
  }

  /** The slots now; may be read by any thread. */
  Slots slots() {
    return published;
  }

  SimRequest.Level level(SimAdapter adapter) {
    return slots.level(adapter);
  }

  /**
   * Brings the adapters of one batch into GPU slots. Those that are there already are touched
   * first, in the order given, so that none of the batch is ever evicted for another.
   */
  void ensure(Collection<SimAdapter> batch) throws InterruptedException {
    List<SimAdapter> missing = new ArrayList<>();
    for (SimAdapter adapter : batch) {
      slots.touch(adapter);
      if (slots.level(adapter) != SimRequest.Level.GPU) {
        missing.add(adapter);
      }
    }
    for (SimAdapter adapter : missing) {
      swapIn(adapter);
    }
    publish();
  }

  void clear() {
    slots.clear();
    publish();
  }

  private void swapIn(SimAdapter adapter) throws InterruptedException {
    if (slots.level(adapter) == SimRequest.Level.DISK) {
      long nanos = Math.round(adapter.bytes() * 1e9 / settings.diskBytesPerSecond());
      pacer.spend(nanos);
      slots.load(adapter);
      changed("load", adapter, nanos);
    }
    long nanos = settings.pcie().transfer(adapter.bytes()).toNanos();
    pacer.spend(nanos);
    slots.activate(adapter);
    changed("activate", adapter, nanos);
  }

  private void changed(String event, SimAdapter adapter, long nanos) {
    publish();
    double now = UnixTime.seconds(clock.instant());
    Slots after = published;
    trace.accept(
        new SimTraceEvent(now, event, adapter.name(), nanos / 1e6, after.gpu(), after.cpu()));
  }

  private void publish() {
    published = new Slots(slots.gpu(), slots.cpu());
  }
}
