package dev.loragateway.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.model.EndpointLoad.LoadedAdapters;
import dev.loragateway.model.Residency;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ResidencyTrackerTest {
  private long time;
  private final List<String> swaps = new ArrayList<>();

  private ResidencyTracker tracker(int gpu, int cpu) {
    return new ResidencyTracker(gpu, cpu, (adapter, victim) -> swaps.add(adapter + ">" + victim));
  }

  private void serve(ResidencyTracker tracker, String... adapters) {
    for (String adapter : adapters) {
      tracker.dispatched(adapter, time++);
      tracker.answered(adapter, time++);
      tracker.served(adapter, time++);
    }
  }

  @Test
  void served_inTurn_evictsTheOldest() {
    ResidencyTracker tracker = tracker(2, 3);

    serve(tracker, "a", "b", "c", "a", "d");

    assertThat(tracker.gpu()).containsExactly("a", "d");
    assertThat(tracker.cpu()).containsExactly("c", "a", "d");
    assertThat(swaps).containsExactly("a>null", "b>null", "c>a", "a>b", "d>c");
  }

  @Test
  void residency_byLevel_isToldApart() {
    ResidencyTracker tracker = tracker(1, 2);

    serve(tracker, "a", "b", "c");

    assertThat(tracker.residency("c")).isEqualTo(Residency.GPU);
    assertThat(tracker.residency("b")).isEqualTo(Residency.CPU);
    assertThat(tracker.residency("a")).isEqualTo(Residency.REGISTERED);
    assertThat(tracker.residency("never")).isEqualTo(Residency.REGISTERED);
  }

  @Test
  void dispatched_whileOthersAreInFlight_evictsTheIdleOne() {
    ResidencyTracker tracker = tracker(2, 2);
    tracker.dispatched("busy", time++);
    serve(tracker, "idle");

    tracker.dispatched("new", time++);

    assertThat(tracker.gpu()).containsExactlyInAnyOrder("busy", "new");
  }

  @Test
  void dispatched_whenEverySlotIsBusy_waitsForAFreeOne() {
    ResidencyTracker tracker = tracker(1, 2);
    tracker.dispatched("busy", time++);
    tracker.dispatched("late", time++);
    assertThat(tracker.gpu()).containsExactly("busy");

    tracker.served("busy", time++);

    assertThat(tracker.gpu()).containsExactly("late");
  }

  @Test
  void answered_whileThoughtDeferred_provesTheSlot() {
    ResidencyTracker tracker = tracker(1, 2);
    tracker.dispatched("busy", time++);
    tracker.dispatched("late", time++);

    tracker.answered("late", time++);

    assertThat(tracker.gpu()).containsExactly("late");
  }

  @Test
  void abandoned_whileDeferred_neverTookASlot() {
    ResidencyTracker tracker = tracker(1, 2);
    tracker.dispatched("busy", time++);
    tracker.dispatched("gone", time++);
    tracker.abandoned("gone", time++);

    tracker.served("busy", time++);

    assertThat(tracker.gpu()).containsExactly("busy");
  }

  @Test
  void refused_afterDispatch_putsTheAdapterBack() {
    ResidencyTracker tracker = tracker(2, 3);
    serve(tracker, "a", "b", "c");

    tracker.dispatched("a", time++);
    tracker.refused("a", time++);
    tracker.dispatched("never", time++);
    tracker.refused("never", time++);

    assertThat(tracker.gpu()).containsExactly("b", "c");
    assertThat(tracker.cpu()).containsExactly("a", "b", "c");
  }

  @Test
  void refused_afterOthersMoved_goesBackBetweenItsNeighbours() {
    ResidencyTracker tracker = tracker(3, 6);
    serve(tracker, "a", "b", "c", "d", "e");

    tracker.dispatched("b", time++);
    serve(tracker, "a", "e");
    tracker.refused("b", time++);

    assertThat(tracker.cpu()).containsExactly("b", "c", "d", "a", "e");
  }

  @Test
  void resize_toMoreSlots_knowsWhatTheyHold() {
    ResidencyTracker tracker = tracker(1, 1);
    serve(tracker, "a", "b", "c");

    tracker.resize(2, 3);

    assertThat(tracker.gpu()).containsExactly("b", "c");
    assertThat(tracker.cpu()).containsExactly("a", "b", "c");
  }

  @Test
  void unregistered_resident_keepsItsSlotUntilEvicted() {
    ResidencyTracker tracker = tracker(2, 2);
    serve(tracker, "a", "b");

    tracker.unregistered("a");
    assertThat(tracker.gpu()).containsExactly("a", "b");
    assertThat(tracker.residency("a")).isEqualTo(Residency.REGISTERED);
    tracker.loaded("a", time++);

    assertThat(tracker.gpu()).containsExactly("b", "a");
  }

  @Test
  void restarted_holdsNothing() {
    ResidencyTracker tracker = tracker(2, 2);
    serve(tracker, "a", "b");

    tracker.restarted();

    assertThat(tracker.gpu()).isEmpty();
    assertThat(tracker.victim()).isNull();
  }

  @Test
  void reported_differentFromTheEstimate_isTakenOverAndCounted() {
    ResidencyTracker tracker = tracker(2, 3);
    serve(tracker, "a", "b", "c");

    int corrections = tracker.reported(new LoadedAdapters(Set.of("a"), Set.of("a", "c")));

    assertThat(corrections).isEqualTo(3);
    assertThat(tracker.gpu()).containsExactly("a");
    assertThat(tracker.cpu()).containsExactly("c", "a");
  }

  @Test
  void reported_sameAsTheEstimate_correctsNothingAndKeepsTheOrder() {
    ResidencyTracker tracker = tracker(2, 3);
    serve(tracker, "a", "b", "c");

    int corrections = tracker.reported(new LoadedAdapters(Set.of("b", "c"), Set.of("a")));

    assertThat(corrections).isZero();
    assertThat(tracker.gpu()).containsExactly("b", "c");
  }

  @Test
  void reported_withFreeSlots_fillsThemBeforeEvicting() {
    ResidencyTracker tracker = tracker(2, 3);
    tracker.reported(new LoadedAdapters(Set.of("a"), Set.of("a")));
    swaps.clear();

    serve(tracker, "b");

    assertThat(tracker.gpu()).containsExactly("a", "b");
    assertThat(swaps).containsExactly("b>null");
  }

  @Test
  void victim_isTheOldestThatIsNotInFlight() {
    ResidencyTracker tracker = tracker(2, 2);
    serve(tracker, "old");
    assertThat(tracker.victim()).isNull();
    serve(tracker, "young");

    tracker.dispatched("old", time++);

    assertThat(tracker.victim()).isEqualTo("young");
  }

  @Test
  void victim_unregisteredWhileInFlight_isNotTheVictim() {
    ResidencyTracker tracker = tracker(2, 2);
    tracker.dispatched("gone", time++);
    tracker.answered("gone", time++);
    serve(tracker, "idle");

    tracker.unregistered("gone");

    assertThat(tracker.victim()).isEqualTo("idle");
  }

  @Test
  void observed_requestsOfOthers_moveTheirAdaptersUp() {
    ResidencyTracker tracker = tracker(2, 3);
    for (String name : List.of("a", "b", "c", "d")) {
      tracker.assumed(name);
    }

    int corrections = tracker.observed(Map.of("b", 10L, "a", 20L), 30);

    assertThat(tracker.gpu()).containsExactly("b", "a");
    assertThat(tracker.cpu()).containsExactly("d", "b", "a");
    assertThat(corrections).isEqualTo(3);
    assertThat(swaps).isEmpty();
  }

  @Test
  void observed_orderOfTheEngine_countsMoreThanTheOrderOfTheAnswers() {
    ResidencyTracker tracker = tracker(1, 3);
    serve(tracker, "a", "b");

    tracker.observed(Map.of("b", -20L, "a", -10L), 100);

    assertThat(tracker.gpu()).containsExactly("a");
  }

  @Test
  void observed_touchedSinceTheServerWasAsked_staysNewest() {
    ResidencyTracker tracker = tracker(1, 3);
    serve(tracker, "a", "b");

    tracker.observed(Map.of("b", -20L, "a", -10L), 0);

    assertThat(tracker.gpu()).containsExactly("b");
  }

  @Test
  void observed_muchOlderThanAnOwnAnswer_isWithoutMeaning() {
    ResidencyTracker tracker = tracker(1, 3);
    time = 5_000_000_000L;
    serve(tracker, "a", "b");

    tracker.observed(Map.of("b", 1L, "a", 2L), 6_000_000_000L);

    assertThat(tracker.gpu()).containsExactly("b");
  }

  @Test
  void observed_whileInFlight_staysNewest() {
    ResidencyTracker tracker = tracker(1, 3);
    tracker.assumed("b");
    tracker.dispatched("a", time++);

    tracker.observed(Map.of("b", 50L, "a", -10L), 100);

    assertThat(tracker.gpu()).containsExactly("a");
  }
}
