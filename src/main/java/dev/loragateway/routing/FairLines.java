package dev.loragateway.routing;

import dev.loragateway.routing.Pick.Queued;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
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
 * pays for its first request. When none of those that could be placed can pay, each of them gets a
 * quantum (deficit round robin; Shreedhar and Varghese, 1995). So over time adapters get equal shares, however
 * much is asked of one of them. Among lines that may go the lowest score decides: what placing the
 * request costs others less what it has waited, so that it is nearly the order of arrival, but a slot
 * that comes free is rather taken by who needs no swap there.
 */
final class FairLines {
  /** Tokens that a line may spend per turn: a few typical requests of one adapter go together. */
  static final long QUANTUM = 1024;

  /** Lines that are weighed against each other for one place, those of the oldest requests. */
  private static final int LOOKS = 32;

  /** Most that one request counts for, so that a huge prompt waits for 16 turns at most. */
  static final long MAX_COST = 16 * QUANTUM;

  /**
   * What is served in turn: requests that the same endpoints can serve, so that whoever cannot be
   * placed holds back only those who cannot either.
   *
   * @param model asked for
   * @param pinned the only endpoint that can serve them, or null
   * @param tried endpoints where they failed already
   */
  record Flow(String model, @Nullable String pinned, Set<String> tried) {}

  /** One request that waits. */
  abstract static class Ticket implements Queued {
    final AdmissionRequest request;
    final PickRequest again;
    final Flow flow;
    final long cost;
    final long since;
    private @Nullable Line line;

    Ticket(AdmissionRequest request, long cost, long since) {
      this.request = request;
      this.again = request.pick().asAgain();
      this.flow = new Flow(again.model(), again.pinned(), again.tried());
      this.cost = Math.clamp(cost, 1, MAX_COST);
      this.since = since;
    }

    private Line line() {
      return Objects.requireNonNull(line, "is not in the lines");
    }

    private boolean leads() {
      return line().tickets.getFirst().equals(this);
    }
  }

  private static final class Line {
    private final LinkedHashSet<Ticket> tickets = new LinkedHashSet<>();
    private long deficit = QUANTUM;

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

    /** The first of each line that should be looked at, the oldest first. */
    List<Ticket> heads(Predicate<Ticket> worthALook) {
      List<Ticket> heads = new ArrayList<>();
      for (Ticket ticket : oldest) {
        if (ticket.leads() && worthALook.test(ticket)) {
          heads.add(ticket);
        }
      }
      return heads;
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
    ticket.line = line;
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

  /** When the first of a class began to wait; {@code otherwise} when none waits. */
  long front(String priority, long otherwise) {
    PriorityClass in = classes.get(priority);
    return in == null || in.oldest.isEmpty() ? otherwise : in.oldest.getFirst().since;
  }

  /** The first of so many lines, those of the class that goes first and the oldest first. */
  List<Ticket> heads(int most) {
    return order().stream()
        .flatMap(in -> in.oldest.stream())
        .filter(Ticket::leads)
        .limit(most)
        .toList();
  }

  /** Classes in which anybody waits, in the order in which they go. */
  private List<PriorityClass> order() {
    List<PriorityClass> order = new ArrayList<>(classes.values());
    order.removeIf(in -> in.oldest.isEmpty());
    order.sort(Comparator.comparingLong(PriorityClass::came));
    return order;
  }

  /** Takes a request out, wherever it stands; returns whether it was waiting. */
  boolean remove(Ticket ticket) {
    PriorityClass in = classes.get(ticket.request.priority());
    if (in == null || !in.oldest.remove(ticket)) {
      return false;
    }
    Line line = ticket.line();
    line.tickets.remove(ticket);
    if (line.tickets.isEmpty()) {
      in.lines.remove(ticket.flow);
    }
    size--;
    bytes -= ticket.request.bytes();
    return true;
  }

  /**
   * Takes out the first request of one line, if any can be placed.
   *
   * @param worthALook whether there may be room for it: cheap, and wrong only in saying yes
   * @param score of placing the request now, the lower the better; infinite when it cannot be
   *     placed
   * @param placed places it; returns whether that was possible
   * @return whether one was taken out
   */
  boolean serve(
      Predicate<Ticket> worthALook, ToDoubleFunction<Ticket> score, Predicate<Ticket> placed) {
    for (PriorityClass in : order()) {
      if (serve(in.heads(worthALook), score, placed)) {
        return true;
      }
    }
    return false;
  }

  private record Scored(Ticket ticket, double score) {}

  private boolean serve(
      List<Ticket> heads, ToDoubleFunction<Ticket> score, Predicate<Ticket> placed) {
    List<Ticket> next = heads;
    while (!next.isEmpty()) {
      for (Scored able : scored(next, score)) {
        if (placed.test(able.ticket)) {
          remove(able.ticket);
          able.ticket.line().deficit -= able.ticket.cost;
          return true;
        }
      }
      next = earn(next);
    }
    return false;
  }

  /** Those that can pay and can be placed, the lowest score first, among so many of the oldest. */
  private static List<Scored> scored(List<Ticket> heads, ToDoubleFunction<Ticket> score) {
    List<Scored> found = new ArrayList<>();
    for (Ticket head : heads) {
      if (head.line().canPay()) {
        double value = score.applyAsDouble(head);
        if (value < Double.POSITIVE_INFINITY) {
          found.add(new Scored(head, value));
        }
        if (found.size() == LOOKS) {
          break;
        }
      }
    }
    found.sort(Comparator.comparingDouble(Scored::score));
    return found;
  }

  /** Those that could not pay; each gets a quantum. */
  private static List<Ticket> earn(List<Ticket> heads) {
    List<Ticket> poor = new ArrayList<>();
    for (Ticket head : heads) {
      if (!head.line().canPay()) {
        head.line().deficit += QUANTUM;
        poor.add(head);
      }
    }
    return poor;
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
