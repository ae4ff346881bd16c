package dev.loragateway.adapters;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class PlacementPlannerProperties {
  /** A cluster and what it is to hold. */
  private record Case(
      List<PlacementSite> sites, List<PlacementRequest> requests, PlacementSettings settings) {
    static Case of(Random random) {
      int nodes = 1 + random.nextInt(4);
      List<PlacementSite> sites =
          IntStream.rangeClosed(0, random.nextInt(12))
              .mapToObj(i -> site(i, nodes, random))
              .toList();
      List<PlacementRequest> requests =
          IntStream.range(0, random.nextInt(40)).mapToObj(i -> request(i, random)).toList();
      PlacementStrategy[] strategies = PlacementStrategy.values();
      return new Case(
          sites,
          requests,
          new PlacementSettings(
              strategies[random.nextInt(strategies.length)], random.nextDouble() / 2, 1000));
    }

    private static PlacementSite site(int i, int nodes, Random random) {
      return new PlacementSite(
          "10.0.0." + i + ":8000",
          random.nextInt(5) == 0 ? "other" : "base",
          1 + random.nextInt(8),
          random.nextInt(3) == 0 ? 16 : 0,
          random.nextInt(3),
          Map.of(PlacementSite.NODE, "n" + i % nodes, PlacementSite.ZONE, "z" + i % 2));
    }

    private static PlacementRequest request(int i, Random random) {
      return new PlacementRequest(
          "lora-" + i,
          "base",
          random.nextInt(8) == 0 ? PlacementRequest.ALL : random.nextInt(5),
          random.nextInt(3) == 0 ? 0 : random.nextDouble() * 20,
          8 << random.nextInt(4),
          random.nextInt(3),
          random.nextInt(6) == 0 ? Map.of(PlacementSite.ZONE, Set.of("z1")) : Map.of());
    }

    Placement plan(Placement now) {
      return PlacementPlanner.plan(sites, requests, now, settings);
    }

    List<PlacementSite> fitting(PlacementRequest request) {
      return sites.stream().filter(site -> request.unfit(site) == null).toList();
    }

    /** Everything somewhere, much of it on few endpoints. */
    Placement scattered(Random random) {
      Map<String, List<String>> copies = new LinkedHashMap<>();
      for (PlacementRequest request : requests) {
        List<PlacementSite> fitting = new ArrayList<>(fitting(request));
        Collections.shuffle(fitting.subList(fitting.size() / 2, fitting.size()), random);
        copies.put(
            request.adapter(),
            fitting.stream().limit(request.copies()).map(PlacementSite::address).toList());
      }
      return new Placement(copies, Map.of());
    }

    Case moving(int most) {
      return new Case(
          sites, requests, new PlacementSettings(settings.strategy(), settings.reserve(), most));
    }

    Case without(PlacementSite lost) {
      List<PlacementSite> left = new ArrayList<>(sites);
      left.remove(lost);
      return new Case(left, requests, settings).moving(0);
    }
  }

  @Property(tries = 500)
  void copies_areAsManyAsWanted_eachWhereItFits(@ForAll Random random) {
    Case planned = Case.of(random);
    Placement plan = planned.plan(Placement.NONE);
    for (PlacementRequest request : planned.requests()) {
      List<String> fitting = planned.fitting(request).stream().map(PlacementSite::address).toList();
      assertThat(plan.of(request.adapter()))
          .doesNotHaveDuplicates()
          .isSubsetOf(fitting)
          .hasSize(Math.min(request.copies(), fitting.size()));
      boolean short_ =
          request.copies() == PlacementRequest.ALL
              ? fitting.isEmpty()
              : fitting.size() < request.copies();
      assertThat(plan.missing().containsKey(request.adapter())).isEqualTo(short_);
    }
  }

  @Property(tries = 500)
  void plan_ofWhatIsInPlace_changesNothing(@ForAll Random random) {
    Case planned = Case.of(random);
    Placement plan = planned.plan(Placement.NONE);
    for (PlacementRequest request : planned.requests()) {
      assertThat(planned.plan(plan).of(request.adapter()))
          .containsExactlyInAnyOrderElementsOf(plan.of(request.adapter()));
    }
  }

  @Property(tries = 200)
  void plans_ofOneAnother_moveAtMostSoMany_andComeToAnEnd(@ForAll Random random) {
    Case start = Case.of(random);
    int most = 1 + random.nextInt(3);
    Placement now = start.scattered(random);
    now = start.moving(0).plan(now);
    for (int plans = 0; ; plans++) {
      Placement next = start.moving(most).plan(now);
      int moved = moved(now, next);
      assertThat(moved).isLessThanOrEqualTo(most);
      if (moved == 0) {
        break;
      }
      assertThat(plans).isLessThan(200);
      now = next;
    }
  }

  private static int moved(Placement before, Placement after) {
    int moved = 0;
    for (Map.Entry<String, List<String>> copies : after.copies().entrySet()) {
      Set<String> added = new HashSet<>(copies.getValue());
      added.removeAll(before.of(copies.getKey()));
      moved += added.size();
    }
    return moved;
  }

  @Property(tries = 500)
  void loss_ofAnEndpoint_movesOnlyWhatWasThere(@ForAll Random random) {
    Case before = Case.of(random);
    Placement plan = before.plan(Placement.NONE);
    PlacementSite lost = before.sites().get(random.nextInt(before.sites().size()));
    Placement after = before.without(lost).plan(plan);
    for (PlacementRequest request : before.requests()) {
      Set<String> left = new HashSet<>(plan.of(request.adapter()));
      left.remove(lost.address());
      assertThat(after.of(request.adapter())).containsAll(left);
    }
  }

  @Property(tries = 500)
  void copies_ofOneAdapter_areOnDifferentNodes(@ForAll Random random) {
    Case planned = Case.of(random);
    Placement plan = planned.plan(Placement.NONE);
    for (PlacementRequest request : planned.requests()) {
      Set<String> nodes = new HashSet<>();
      planned.fitting(request).forEach(site -> nodes.add(node(site)));
      Set<String> used = new HashSet<>();
      planned.sites().stream()
          .filter(site -> plan.of(request.adapter()).contains(site.address()))
          .forEach(site -> used.add(node(site)));
      assertThat(used).hasSize(Math.min(nodes.size(), plan.of(request.adapter()).size()));
    }
  }

  private static String node(PlacementSite site) {
    return site.labels().getOrDefault(PlacementSite.NODE, "");
  }

  @Property(tries = 200)
  void balanced_adaptersOfOneDemand_areSpreadEvenly(@ForAll Random random) {
    int size = 1 + random.nextInt(20);
    int count = random.nextInt(200);
    List<PlacementSite> sites =
        IntStream.range(0, size)
            .mapToObj(i -> new PlacementSite("10.0.0." + i + ":1", "base", 8, 0, 0, Map.of()))
            .toList();
    List<PlacementRequest> requests =
        IntStream.range(0, count)
            .mapToObj(i -> new PlacementRequest("lora-" + i, "base", 1, 1, 8, 0, Map.of()))
            .toList();
    Placement plan =
        PlacementPlanner.plan(sites, requests, Placement.NONE, PlacementSettings.DEFAULT);
    for (PlacementSite site : sites) {
      long there =
          plan.copies().values().stream().filter(at -> at.contains(site.address())).count();
      double fair = (double) count / size;
      assertThat((double) there).isLessThanOrEqualTo(Math.max(1.25 * fair, fair + 1));
    }
  }
}
