package dev.loragateway.routing;

import dev.loragateway.routing.Pick.Queued;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The order in which waiting requests go: by priority class, then fair between adapters, then first
 * come, first served. Confined to its queue's lock.
 */
/*
 * Classes. A request counts as having come its class's head start earlier than it did, and the class
 * whose oldest request came first by that measure goes first. So a class with a head start of 10 s
 * passes everyone who has waited less than 10 s longer: nobody starves.
 *
 * Lines. Within a class each adapter has a line, and lines are served by deficit round robin (Shreedhar
 * and Varghese, 1995): whoever's turn it is may spend its deficit, in tokens, and then goes to the end.
 * When no line can pay for its first request, each of those gets a quantum. A line that cannot be
 * served because its endpoints are full keeps its turn, and gathers no more than one request's worth.
 */
final class FairLines {
  /** Tokens that a line may spend per turn: a few typical requests of one adapter go together. */
  static final long QUANTUM = 1024;

  /** Most that one request counts for, so that a huge prompt waits for 16 turns at most. */
  static final long MAX_COST = 16 * QUANTUM;

  /** What is served in turn: a model, and the endpoint if only one can serve the request. */
  record Flow(String model, @Nullable String pinned) {}

  /** One request that waits. */
  abstract static class Ticket implements Queued {
    final AdmissionRequest request;
    final Flow flow;
    final long cost;
    final long since;

    Ticket(AdmissionRequest request, long cost, long since) {
      this.request = request;
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

    void earn() {
      deficit += QUANTUM;
    }
  }

  private static final class PriorityClass {
    private long headStart;
    private final LinkedHashSet<Ticket> oldest = new LinkedHashSet<>();
    private final LinkedHashMap<Flow, Line> lines = new LinkedHashMap<>();

    long came() {
      return oldest.getFirst().since - headStart;
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
   * Offers the first request of each line, in turn, until one is taken; takes that out.
   *
   * @param taken whether a place was found for the request
   * @return whether one was
   */
  boolean serve(Predicate<Ticket> taken) {
    List<PriorityClass> order = new ArrayList<>(classes.values());
    order.removeIf(in -> in.oldest.isEmpty());
    order.sort(Comparator.comparingLong(PriorityClass::came));
    for (PriorityClass in : order) {
      if (serve(in, taken)) {
        return true;
      }
    }
    return false;
  }

  private boolean serve(PriorityClass in, Predicate<Ticket> taken) {
    offering++;
    while (true) {
      boolean unpaid = false;
      for (Map.Entry<Flow, Line> entry : in.lines.entrySet()) {
        Line line = entry.getValue();
        if (!line.canPay()) {
          unpaid = true;
        } else if (line.offered != offering) {
          line.offered = offering;
          if (serve(in, entry.getKey(), line, taken)) {
            return true;
          }
        }
      }
      if (!unpaid) {
        return false;
      }
      in.lines.values().stream().filter(line -> !line.canPay()).forEach(Line::earn);
    }
  }

  private boolean serve(PriorityClass in, Flow flow, Line line, Predicate<Ticket> taken) {
    Ticket first = line.tickets.getFirst();
    if (!taken.test(first)) {
      return false;
    }
    remove(first);
    line.deficit -= first.cost;
    if (!line.tickets.isEmpty() && !line.canPay()) {
      in.lines.putLast(flow, line);
    }
    return true;
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
