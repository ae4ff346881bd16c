package dev.loragateway.routing;

import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.QueueSettings;
import dev.loragateway.registry.RoutingSettings;
import dev.loragateway.routing.FairLines.Ticket;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one pool that wait because no endpoint can start them now. Thread-safe: one lock,
 * which is not taken while nobody waits.
 */
/*
 * Nobody is forgotten: a request that found no room enters the lines, shows that in `size`, and is then
 * offered to the picker again, while whoever makes room does so first and then looks at `size`. The
 * fence between is needed because the picker's reads of the counts are plain ones. Whoever makes room
 * while another thread has the lock leaves it to that one, which looks at `freed` once more after it
 * let the lock go. Nobody is overtaken: while anybody waits, a newcomer enters the lines, too, and
 * whoever is first in order gets the room; what those who wait cannot use is a newcomer's.
 */
final class AdmissionQueue {
  /** Rough tokens per byte of a body: four characters to a token. */
  private static final int BYTES_PER_TOKEN = 4;

  private final class Entry extends Ticket {
    private @Nullable Pick outcome;

    Entry(AdmissionRequest request, long cost, long since) {
      super(request, cost, since);
    }

    @Override
    public boolean leave() {
      return AdmissionQueue.this.leave(this);
    }

    @Override
    public Duration expected() {
      return AdmissionQueue.this.expected();
    }
  }

  private final String pool;
  private final EndpointRegistry registry;
  private final EndpointPicker picker;
  private final WarmUps warmUps;
  private final ReentrantLock lock = new ReentrantLock();
  private final FairLines lines = new FairLines();
  private final DrainRate rate = new DrainRate();
  private final SlotReservation reservation = new SlotReservation();
  private volatile int size;
  private volatile boolean freed;

  AdmissionQueue(String pool, EndpointRegistry registry, EndpointPicker picker, WarmUps warmUps) {
    this.pool = pool;
    this.registry = registry;
    this.picker = picker;
    this.warmUps = warmUps;
  }

  /** Picks an endpoint at once if there is room and nobody waits; else lets the request wait. */
  Pick admit(AdmissionRequest request, PoolSnapshot now) {
    if (size == 0) {
      boolean mayWait = now.settings().queue().capacity() > 0;
      Pick pick = picker.pick(request.pick(), now, mayWait);
      if (!waits(pick)) {
        return pick;
      }
    } else {
      picker.asked(request.pick());
    }
    try {
      return enter(request, now);
    } finally {
      look();
    }
  }

  private static boolean waits(Pick pick) {
    return pick instanceof Pick.Saturated
        || pick instanceof Pick.NoRoom
        || pick instanceof Pick.NotLoaded;
  }

  private Pick enter(AdmissionRequest request, PoolSnapshot now) {
    QueueSettings settings = now.settings().queue();
    boolean again = request.pick().again();
    List<Entry> admitted = new ArrayList<>();
    lock.lock();
    try {
      pass();
      long since = again ? lines.front(request.priority(), registry.now()) : registry.now();
      Entry entry = new Entry(request, cost(request, now), since);
      Pick refusal = again && settings.capacity() > 0 ? null : refusal(entry, settings);
      if (refusal != null) {
        drain(admitted);
        Pick pick = picker.pick(entry.again, now, true);
        if (pick instanceof Pick.NotLoaded) {
          warmUps.wanted(entry.again, now, this::freed);
        }
        boolean comes = pick instanceof Pick.NotLoaded && settings.capacity() > 0;
        return comes || pick instanceof Pick.Saturated || pick instanceof Pick.NoRoom
            ? refusal
            : pick;
      }
      lines.add(entry, headStart(request, settings), again);
      size = lines.size();
      VarHandle.fullFence();
      drain(admitted);
      if (admitted.remove(entry)) {
        return Objects.requireNonNull(entry.outcome);
      }
      warmUps.wanted(entry.again, now, this::freed);
      return entry;
    } finally {
      lock.unlock();
      admitted.forEach(AdmissionQueue::tell);
    }
  }

  private static long cost(AdmissionRequest request, PoolSnapshot now) {
    RoutingSettings routing = now.settings().routing();
    return routing.outputTokens() + request.bytes() / BYTES_PER_TOKEN;
  }

  private static long headStart(AdmissionRequest request, QueueSettings settings) {
    return settings.priorities().getOrDefault(request.priority(), Duration.ZERO).toNanos();
  }

  private @Nullable Pick refusal(Entry entry, QueueSettings settings) {
    AdmissionRequest request = entry.request;
    boolean full =
        lines.size() >= settings.capacity() || lines.bytes() + request.bytes() > settings.bytes();
    int ahead =
        lines.ahead(entry.flow, request.priority(), headStart(request, settings), entry.since);
    long expected = rate.nanos(ahead + 1);
    if (full) {
      return lines.size() == 0 && settings.capacity() == 0
          ? new Pick.Saturated()
          : new Pick.QueueFull(Duration.ofNanos(expected));
    }
    return expected > request.timeoutNanos() ? new Pick.TooLate(Duration.ofNanos(expected)) : null;
  }

  /** Looks whether there is room for those who wait; costs one volatile read when nobody does. */
  void freed() {
    if (size > 0) {
      freed = true;
      look();
    }
  }

  /** Looks at what was freed, unless another thread has the lock, which then will. */
  private void look() {
    while (freed && lock.tryLock()) {
      List<Entry> admitted = new ArrayList<>();
      try {
        freed = false;
        pass();
        drain(admitted);
      } finally {
        lock.unlock();
        admitted.forEach(AdmissionQueue::tell);
      }
    }
  }

  private static void tell(Entry entry) {
    if (entry.outcome != null) {
      entry.request.waiter().admitted(entry.outcome);
    }
  }

  private void pass() {
    rate.pass(registry.now(), lines.size() > 0);
  }

  private void drain(List<Entry> admitted) {
    PoolSnapshot now = registry.snapshot().named(pool);
    serve(now, admitted);
    if (reservation.lapsed(now)) {
      serve(now, admitted);
    }
    size = lines.size();
    if (size > 0 && now != null) {
      reservation.consider(lines, now, registry.now());
    }
  }

  private void serve(@Nullable PoolSnapshot now, List<Entry> admitted) {
    boolean served = true;
    while (served && lines.size() > 0) {
      Room room = now == null ? null : new Room(now, registry.now());
      served =
          lines.serve(
              ticket -> room == null || room.worthALook(ticket.again),
              ticket -> score(ticket, now),
              ticket -> place(ticket, now, admitted));
    }
  }

  /** What placing the request costs, less what it has waited, in milliseconds. */
  private double score(Ticket ticket, @Nullable PoolSnapshot now) {
    double waited = (registry.now() - ticket.since) / 1e6;
    return now == null ? -waited : picker.quote(ticket.again, now) - waited;
  }

  private boolean place(Ticket ticket, @Nullable PoolSnapshot now, List<Entry> admitted) {
    Pick pick = now == null ? new Pick.NoneReady() : picker.pick(ticket.again, now, true);
    if (waits(pick)) {
      return false;
    }
    if (pick instanceof Pick.Chosen) {
      rate.admitted();
    }
    Entry entry = (Entry) ticket;
    entry.outcome = pick;
    reservation.over(entry);
    admitted.add(entry);
    return true;
  }

  private boolean leave(Entry entry) {
    lock.lock();
    try {
      pass();
      boolean waited = lines.remove(entry);
      size = lines.size();
      if (reservation.over(entry)) {
        freed = true;
      }
      return waited;
    } finally {
      lock.unlock();
      look();
    }
  }

  private Duration expected() {
    lock.lock();
    try {
      return Duration.ofNanos(rate.nanos(lines.size()));
    } finally {
      lock.unlock();
      look();
    }
  }

  /** Requests that wait. */
  int size() {
    return size;
  }

  /** Requests that wait, by model. */
  Map<String, Integer> depths() {
    lock.lock();
    try {
      return lines.depths();
    } finally {
      lock.unlock();
      look();
    }
  }
}
