package dev.loragateway.routing;

import dev.loragateway.routing.Pick.Queued;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The order in which waiting requests go: by priority class, then fair between adapters, then who
 * costs least less the time waited; within an adapter first come, first served. Confined to its
 * queue's lock.
 */
/*
 * Classes. A request counts as having come its class's head start earlier than it did, and the class
 * whose oldest request came first by that measure goes first. So a class with a head start of 10 s
 * passes everyone who has waited less than 10 s longer: nobody starves.
 *
 * Lines. Within a class each adapter has a line, and a line may go as long as its deficit, in tokens,
 * pays for its first request. When no line that can be placed can pay, each that cannot gets a quantum
 * (deficit round robin; Shreedhar and Varghese, 1995). So over time adapters get equal shares, however
 * much is asked of one of them. Among lines that may go the lowest score decides: what placing the
 * request costs others less what it has waited, so that it is nearly the order of arrival, but a slot
 * that comes free is rather taken by who needs no swap there.
 */
final class FairLines {
  /** Tokens that a line may spend per turn: a few typical requests of one adapter go together. */
  static final long QUANTUM = 1024;

  /** Lines that are looked at for one place, those of the oldest requests. */
  private static final int LOOKS = 32;

  /** Most that one request counts for, so that a huge prompt waits for 16 turns at most. */
  static final long MAX_COST = 16 * QUANTUM;

  /** What is served in turn: a model, and the endpoint if only one can serve the request. */
  record Flow(String model, @Nullable String pinned) {}

  /** One request that waits. */
  abstract static class Ticket implements Queued {
    final AdmissionRequest request;
    final PickRequest again;
    final Flow flow;
    final long cost;
    final long since;

    Ticket(AdmissionRequest request, long cost, long since) {
      this.request = request;
      this.again = request.pick().asAgain();
      this.flow = new Flow(request.pick().model(), request.pick().pinned());
      this.cost = Math.clamp(cost, 1, MAX_COST);
      this.since = since;
    }
  }

  private static final class Line {
    private final LinkedHashSet<Ticket> tickets = new LinkedHashSet<>();
    private long deficit;
    private long offered;

    boolean canPay() {
      return deficit >= tickets.getFirst().cost;
    }
  }

  private static final class PriorityClass {
    private long headStart;
    private final LinkedHashSet<Ticket> oldest = new LinkedHashSet<>();
    private final Map<Flow, Line> lines = new HashMap<>();

    long came() {
      return oldest.getFirst().since - headStart;
    }

    /** Takes what a request costs from its line, if that goes on. */
    void paid(Ticket ticket) {
      Line line = lines.get(ticket.flow);
      if (line != null) {
        line.deficit -= ticket.cost;
      }
    }

    /** Gives a quantum to each line that cannot pay; returns whether there was one. */
    boolean earn() {
      boolean any = false;
      for (Line line : lines.values()) {
        if (!line.canPay()) {
          line.deficit += QUANTUM;
          any = true;
        }
      }
      return any;
    }

    int ahead(Flow flow) {
      Line own = lines.get(flow);
      int before = own == null ? 0 : own.tickets.size();
      int ahead = before;
      for (Line line : lines.values()) {
        ahead += line == own ? 0 : Math.min(line.tickets.size(), before + 1);
      }
      return ahead;
    }

    int olderThan(long came) {
      int older = 0;
      for (Ticket ticket : oldest) {
        if (ticket.since - headStart >= came) {
          break;
        }
        older++;
      }
      return older;
    }
  }

  private final Map<String, PriorityClass> classes = new HashMap<>();
  private int size;
  private long bytes;
  private long offering;
  private int looks;

  /** Requests that wait. */
  int size() {
    return size;
  }

  /** Bytes of their bodies. */
  long bytes() {
    return bytes;
  }

  /**
   * Lets a request wait: at the end of its line, or, when it was admitted before, at its front.
   *
   * @param headStart of its class, in nanoseconds
   */
  void add(Ticket ticket, long headStart, boolean again) {
    PriorityClass in =
        classes.computeIfAbsent(ticket.request.priority(), name -> new PriorityClass());
    in.headStart = headStart;
    Line line = in.lines.computeIfAbsent(ticket.flow, flow -> new Line());
    if (again) {
      line.tickets.addFirst(ticket);
      in.oldest.addFirst(ticket);
    } else {
      line.tickets.addLast(ticket);
      in.oldest.addLast(ticket);
    }
    size++;
    bytes += ticket.request.bytes();
  }

  /** The request that came first, head starts counted; null when none waits. */
  @Nullable Ticket oldest() {
    PriorityClass first = null;
    for (PriorityClass in : classes.values()) {
      if (!in.oldest.isEmpty() && (first == null || in.came() < first.came())) {
        first = in;
      }
    }
    return first == null ? null : first.oldest.getFirst();
  }

  /** Takes a request out, wherever it stands; returns whether it was waiting. */
  boolean remove(Ticket ticket) {
    PriorityClass in = classes.get(ticket.request.priority());
    if (in == null || !in.oldest.remove(ticket)) {
      return false;
    }
    Line line = in.lines.get(ticket.flow);
    if (line != null) {
      line.tickets.remove(ticket);
      if (line.tickets.isEmpty()) {
        in.lines.remove(ticket.flow);
      }
    }
    size--;
    bytes -= ticket.request.bytes();
    return true;
  }

  /**
   * Takes out the first request of one line, if any can be placed.
   *
   * @param score of placing the request now, the lower the better; infinite when it cannot be
   *     placed
   * @param placed places it; returns whether that was possible
   * @return whether one was taken out
   */
  boolean serve(ToDoubleFunction<Ticket> score, Predicate<Ticket> placed) {
    List<PriorityClass> order = new ArrayList<>(classes.values());
    order.removeIf(in -> in.oldest.isEmpty());
    order.sort(Comparator.comparingLong(PriorityClass::came));
    for (PriorityClass in : order) {
      if (serve(in, score, placed)) {
        return true;
      }
    }
    return false;
  }

  private boolean serve(
      PriorityClass in, ToDoubleFunction<Ticket> score, Predicate<Ticket> placed) {
    offering++;
    looks = LOOKS;
    do {
      for (Scored next : scored(in, score)) {
        if (placed.test(next.ticket)) {
          remove(next.ticket);
          in.paid(next.ticket);
          return true;
        }
      }
    } while (looks > 0 && in.earn());
    return false;
  }

  private record Scored(Ticket ticket, double score) {}

  /**
   * The first requests of lines that can pay and were not looked at yet, the lowest score first.
   */
  private List<Scored> scored(PriorityClass in, ToDoubleFunction<Ticket> score) {
    List<Scored> found = new ArrayList<>();
    for (Ticket ticket : in.oldest) {
      Line line = in.lines.get(ticket.flow);
      if (line == null || line.offered == offering || !line.canPay()) {
        continue;
      }
      if (looks-- <= 0) {
        break;
      }
      line.offered = offering;
      double value = score.applyAsDouble(ticket);
      if (value < Double.POSITIVE_INFINITY) {
        found.add(new Scored(ticket, value));
      }
    }
    found.sort(Comparator.comparingDouble(Scored::score));
    return found;
  }

  /**
   * How many requests go before a new one of this flow and class, about: those of its own line, as
   * many of each other line, and those of other classes that count as older.
   */
  int ahead(Flow flow, String priority, long headStart, long now) {
    int ahead = 0;
    for (Map.Entry<String, PriorityClass> entry : classes.entrySet()) {
      ahead +=
          entry.getKey().equals(priority)
              ? entry.getValue().ahead(flow)
              : entry.getValue().olderThan(now - headStart);
    }
    return ahead;
  }

  /** Waiting requests by model. */
  Map<String, Integer> depths() {
    Map<String, Integer> depths = new HashMap<>();
    for (PriorityClass in : classes.values()) {
      in.lines.forEach(
          (flow, line) -> depths.merge(flow.model(), line.tickets.size(), Integer::sum));
    }
    return depths;
  }
}
