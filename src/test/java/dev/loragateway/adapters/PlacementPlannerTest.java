package dev.loragateway.adapters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlacementPlannerTest {
  private static final Placement NONE = Placement.NONE;

  private static PlacementSite site(String address, int slots) {
    return new PlacementSite(address, "base", slots, 0, 0, Map.of());
  }

  private static List<PlacementSite> sites(int count, int slots) {
    return IntStream.range(0, count).mapToObj(i -> site("s" + i, slots)).toList();
  }

  private static PlacementRequest request(String adapter, int copies, double demand) {
    return new PlacementRequest(adapter, "base", copies, demand, 8, 0, Map.of());
  }

  private static PlacementSettings by(PlacementStrategy strategy) {
    return new PlacementSettings(strategy, 0, 8);
  }

  @Test
  void balanced_oneHotAdapter_leavesTheColdOnesToOthers() {
    List<PlacementRequest> requests =
        List.of(
            request("hot", 1, 30), request("a", 1, 10), request("b", 1, 10), request("c", 1, 10));
    Placement plan =
        PlacementPlanner.plan(sites(2, 8), requests, NONE, by(PlacementStrategy.BALANCED));
    String hot = plan.of("hot").getFirst();
    assertThat(List.of(plan.of("a"), plan.of("b"), plan.of("c")))
        .allSatisfy(at -> assertThat(at).doesNotContain(hot));
  }

  @Test
  void balanced_newEndpoint_takesItsShareInAFewMoves() {
    List<PlacementRequest> requests =
        IntStream.range(0, 40).mapToObj(i -> request("lora-" + i, 1, 1)).toList();
    PlacementSettings settings = new PlacementSettings(PlacementStrategy.BALANCED, 0, 8);
    Placement before = PlacementPlanner.plan(sites(1, 8), requests, NONE, settings);
    Placement after = PlacementPlanner.plan(sites(2, 8), requests, before, settings);
    assertThat(after.copies().values()).filteredOn(at -> at.contains("s1")).hasSize(8);
    assertThat(after.copies().values()).filteredOn(at -> at.contains("s0")).hasSize(32);
  }

  @Test
  void balanced_veryDifferentRanks_areKeptApart() {
    List<PlacementRequest> requests =
        IntStream.range(0, 8)
            .mapToObj(
                i ->
                    new PlacementRequest(
                        "lora-" + i, "base", 1, 1, i % 2 == 0 ? 8 : 64, 0, Map.of()))
            .toList();
    Placement plan =
        PlacementPlanner.plan(sites(2, 8), requests, NONE, by(PlacementStrategy.BALANCED));
    Set<List<String>> even =
        Set.copyOf(List.of(plan.of("lora-0"), plan.of("lora-2"), plan.of("lora-4")));
    Set<List<String>> odd =
        Set.copyOf(List.of(plan.of("lora-1"), plan.of("lora-3"), plan.of("lora-5")));
    assertThat(even).hasSize(1).doesNotContainAnyElementsOf(odd);
  }

  @Test
  void leastAdapters_unequalSlots_fillsAlike() {
    List<PlacementSite> sites = List.of(site("small", 2), site("large", 6));
    List<PlacementRequest> requests =
        IntStream.range(0, 8).mapToObj(i -> request("lora-" + i, 1, i)).toList();
    Placement plan =
        PlacementPlanner.plan(sites, requests, NONE, by(PlacementStrategy.LEAST_ADAPTERS));
    assertThat(plan.copies().values()).filteredOn(at -> at.contains("small")).hasSize(2);
  }

  @Test
  void binPack_fewAdapters_leavesOthersFree() {
    List<PlacementRequest> requests =
        IntStream.range(0, 4).mapToObj(i -> request("lora-" + i, 1, 1)).toList();
    Placement plan =
        PlacementPlanner.plan(sites(4, 4), requests, NONE, by(PlacementStrategy.BIN_PACK));
    assertThat(Set.copyOf(plan.copies().values())).hasSize(1);
  }

  @Test
  void binPack_reserve_isLeft() {
    List<PlacementRequest> requests =
        IntStream.range(0, 4).mapToObj(i -> request("lora-" + i, 1, 1)).toList();
    Placement plan =
        PlacementPlanner.plan(
            sites(4, 4),
            requests,
            NONE,
            new PlacementSettings(PlacementStrategy.BIN_PACK, 0.25, 0));
    assertThat(Set.copyOf(plan.copies().values())).hasSize(2);
  }

  @Test
  void copies_fewerThanBefore_leaveTheSharedNodeFirst() {
    List<PlacementSite> sites =
        List.of(
            new PlacementSite("a", "base", 4, 0, 0, Map.of(PlacementSite.NODE, "n1")),
            new PlacementSite("b", "base", 4, 0, 0, Map.of(PlacementSite.NODE, "n1")),
            new PlacementSite("c", "base", 4, 0, 0, Map.of(PlacementSite.NODE, "n2")));
    Placement now = new Placement(Map.of("lora", List.of("a", "b", "c")), Map.of());
    Placement plan =
        PlacementPlanner.plan(
            sites, List.of(request("lora", 2, 1)), now, PlacementSettings.DEFAULT);
    assertThat(plan.of("lora")).hasSize(2).contains("c");
  }

  @Test
  void missing_tellsWhy() {
    PlacementSite low = new PlacementSite("low", "base", 4, 16, 0, Map.of());
    PlacementSite other = new PlacementSite("other", "mistral", 4, 0, 0, Map.of());
    PlacementRequest request =
        new PlacementRequest("lora", "base", 2, 1, 64, 0, Map.of("gpu", Set.of("h100")));
    PlacementSite good = new PlacementSite("good", "base", 4, 64, 0, Map.of("gpu", "h100"));
    Placement plan =
        PlacementPlanner.plan(
            List.of(low, other, good), List.of(request), NONE, PlacementSettings.DEFAULT);
    assertThat(plan.of("lora")).containsExactly("good");
    assertThat(plan.missing())
        .containsEntry(
            "lora", "1 of 3 endpoints fit (others: other base model, rank 64 is above 16)");
  }

  @Test
  void numbers_outOfTheirBounds_areRefused() {
    assertThatThrownBy(() -> site("s", 0)).hasMessage("s has 0 slots (expected: 1 or more)");
    assertThatThrownBy(() -> request("lora", -1, 0))
        .hasMessage("lora has -1 copies (expected: 0 or more)");
    assertThatThrownBy(() -> request("lora", 1, Double.NaN))
        .hasMessage("lora has a demand of NaN (expected: 0 or more)");
    assertThatThrownBy(() -> new PlacementSettings(PlacementStrategy.BALANCED, 1, 0))
        .hasMessage("reserve is 1.0 (expected: 0 to below 1)");
    assertThatThrownBy(() -> new PlacementSettings(PlacementStrategy.BALANCED, 0, -1))
        .hasMessage("maxMoves is -1 (expected: 0 or more)");
  }
}
