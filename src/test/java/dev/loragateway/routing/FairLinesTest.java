package dev.loragateway.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.routing.FairLines.Flow;
import dev.loragateway.routing.FairLines.Ticket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class FairLinesTest {
  private static final long SECOND = 1_000_000_000L;

  private final FairLines lines = new FairLines();

  private static final class Entry extends Ticket {
    Entry(AdmissionRequest request, long cost, long since) {
      super(request, cost, since);
    }

    @Override
    public boolean leave() {
      return false;
    }

    @Override
    public Duration expected() {
      return Duration.ZERO;
    }
  }

  private Ticket add(String model, String priority, long headStart, long cost, long since) {
    AdmissionRequest request =
        new AdmissionRequest(PickRequest.of(model), priority, 100, SECOND, pick -> {});
    Entry entry = new Entry(request, cost, since);
    lines.add(entry, headStart, false);
    return entry;
  }

  private Ticket add(String model) {
    return add(model, "standard", 0, FairLines.QUANTUM, 0);
  }

  /** Places whoever comes first in order. */
  private boolean serve(Predicate<Ticket> placed) {
    return lines.serve(ticket -> true, ticket -> 0, placed);
  }

  private List<String> serveAll() {
    List<String> order = new ArrayList<>();
    while (serve(ticket -> order.add(ticket.request.pick().model()))) {}
    return order;
  }

  @Test
  void lines_oneAdapterWithMany_takesTurnsWithTheOthers() {
    for (int i = 0; i < 4; i++) {
      add("hot");
    }
    add("a");
    add("b");

    assertThat(serveAll()).containsExactly("hot", "a", "b", "hot", "hot", "hot");
    assertThat(lines.size()).isZero();
    assertThat(lines.bytes()).isZero();
  }

  @Test
  void lines_smallRequests_goTogetherUpToTheQuantum() {
    for (int i = 0; i < 4; i++) {
      add("small", "standard", 0, FairLines.QUANTUM / 2, 0);
    }
    add("large");

    assertThat(serveAll()).containsExactly("small", "small", "large", "small", "small");
  }

  @Test
  void lines_costOfSeveralQuanta_waitsThatManyTurns() {
    add("huge", "standard", 0, 3 * FairLines.QUANTUM, 0);
    for (int i = 0; i < 4; i++) {
      add("a");
    }

    assertThat(serveAll()).containsExactly("a", "a", "huge", "a", "a");
  }

  @Test
  void lines_sameAdapter_firstComeFirstServed() {
    Ticket first = add("a");
    Ticket second = add("a");
    List<Ticket> order = new ArrayList<>();
    while (serve(order::add)) {}

    assertThat(order).containsExactly(first, second);
  }

  @Test
  void lines_requestThatWasAdmittedBefore_goesFirst() {
    add("b");
    Entry again =
        new Entry(
            new AdmissionRequest(
                new PickRequest("a", true, null, null, 0, Set.of("10.0.0.1:1")),
                "standard",
                0,
                SECOND,
                pick -> {}),
            1,
            0);
    lines.add(again, 0, true);
    List<Ticket> order = new ArrayList<>();
    serve(order::add);

    assertThat(order).containsExactly(again);
  }

  @Test
  void lines_firstCannotBeServed_theNextIs() {
    add("blocked");
    add("free");
    List<String> offered = new ArrayList<>();
    boolean served =
        serve(
            ticket -> {
              offered.add(ticket.request.pick().model());
              return ticket.request.pick().model().equals("free");
            });

    assertThat(served).isTrue();
    assertThat(offered).containsExactly("blocked", "free");
    assertThat(lines.depths()).containsOnlyKeys("blocked");
  }

  @Test
  void lines_severalCanBeServed_theLowestScoreGoesFirst() {
    add("dear");
    add("cheap");
    add("impossible");
    List<String> order = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      lines.serve(
          ticket -> true,
          ticket ->
              switch (ticket.request.pick().model()) {
                case "dear" -> 5;
                case "cheap" -> 1;
                default -> Double.POSITIVE_INFINITY;
              },
          ticket -> order.add(ticket.request.pick().model()));
    }

    assertThat(order).containsExactly("cheap", "dear");
    assertThat(lines.depths()).containsOnlyKeys("impossible");
  }

  @Test
  void lines_nobodyCanBeServed_offersEachLineOnce() {
    add("a");
    add("a");
    add("b", "standard", 0, FairLines.MAX_COST * 2, 0);
    List<String> offered = new ArrayList<>();
    boolean served =
        serve(
            ticket -> {
              offered.add(ticket.request.pick().model());
              return false;
            });

    assertThat(served).isFalse();
    assertThat(offered).containsExactly("a", "b");
    assertThat(lines.size()).isEqualTo(3);
  }

  @Test
  void classes_headStart_goesFirstUntilTheOtherHasWaitedThatMuchLonger() {
    add("old", "batch", 0, 1, 0);
    add("young", "batch", 0, 1, 9 * SECOND);
    add("gold", "premium", 5 * SECOND, 1, 10 * SECOND);

    assertThat(serveAll()).containsExactly("old", "gold", "young");
  }

  @Test
  void remove_inTheMiddle_leavesTheOthers() {
    add("a");
    Ticket leaving = add("a");
    add("b");

    assertThat(lines.remove(leaving)).isTrue();
    assertThat(lines.remove(leaving)).isFalse();
    assertThat(lines.size()).isEqualTo(2);
    assertThat(lines.bytes()).isEqualTo(200);
    assertThat(serveAll()).containsExactly("a", "b");
  }

  @Test
  void ahead_countsOwnLineItsShareOfOthersAndOlderClasses() {
    for (int i = 0; i < 5; i++) {
      add("hot");
    }
    add("a");
    add("gold", "premium", 5 * SECOND, 1, 0);
    add("gold", "premium", 5 * SECOND, 1, 7 * SECOND);

    assertThat(lines.ahead(new Flow("new", null, Set.of()), "standard", 0, SECOND)).isEqualTo(3);
    assertThat(lines.ahead(new Flow("a", null, Set.of()), "standard", 0, SECOND)).isEqualTo(4);
    assertThat(lines.ahead(new Flow("hot", null, Set.of()), "standard", 0, SECOND)).isEqualTo(7);
    assertThat(lines.ahead(new Flow("gold", null, Set.of()), "premium", 5 * SECOND, SECOND))
        .isEqualTo(2);
  }
}
