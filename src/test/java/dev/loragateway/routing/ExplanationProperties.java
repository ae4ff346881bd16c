package dev.loragateway.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.loragateway.model.Health;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RoutingPolicy;
import dev.loragateway.routing.Explanation.Considered;
import dev.loragateway.routing.Explanation.Outcome;
import dev.loragateway.routing.Explanation.Verdict;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

class ExplanationProperties {
  private static final List<String> ADAPTERS = List.of("a", "b", "c", "d");
  private static final int SLOTS = 2;

  private static Cluster cluster(Random random, RoutingPolicy policy) {
    int size = 1 + random.nextInt(12);
    Cluster cluster = new Cluster(size, Cluster.policy(policy));
    for (int i = 0; i < size; i++) {
      Set<String> gpu = some(random);
      Set<String> cpu = new HashSet<>(some(random));
      cpu.addAll(gpu);
      cluster.up(i, random.nextInt(6) > 0 ? ADAPTERS : List.of("b"), SLOTS);
      cluster.report(i, random.nextInt(300), SLOTS, gpu, cpu);
      if (random.nextInt(5) == 0) {
        cluster.report(i, 300, random.nextInt(20), random.nextDouble(), SLOTS, gpu);
      }
      if (random.nextInt(6) == 0) {
        cluster.registry.reportHealth(cluster.endpoints.get(i), Health.DOWN);
      }
    }
    for (int i = random.nextInt(40); i > 0; i--) {
      cluster.pick(ADAPTERS.get(random.nextInt(ADAPTERS.size())));
    }
    return cluster;
  }

  private static Set<String> some(Random random) {
    List<String> shuffled = new ArrayList<>(ADAPTERS);
    Collections.shuffle(shuffled, random);
    return Set.copyOf(shuffled.subList(0, random.nextInt(SLOTS + 1)));
  }

  private static PickRequest request(String model, @Nullable String session, Random random) {
    return new PickRequest(model, true, session, null, random.nextInt(3), Set.of(), true);
  }

  private static Outcome outcome(Pick pick) {
    return switch (pick) {
      case Pick.Chosen _ -> Outcome.DISPATCH;
      case Pick.Saturated _ -> Outcome.SATURATED;
      case Pick.NoRoom _ -> Outcome.NO_ROOM;
      case Pick.NotLoaded _ -> Outcome.NOT_LOADED;
      case Pick.NoneReady _ -> Outcome.NONE_READY;
      case Pick.UnknownModel _ -> Outcome.UNKNOWN_MODEL;
      default -> throw new AssertionError(pick);
    };
  }

  @Property(tries = 500)
  void explanation_saysWhereThePickGoes(@ForAll Random random, @ForAll RoutingPolicy policy) {
    Cluster cluster = cluster(random, policy);
    String session = random.nextBoolean() ? "session" : null;
    if (session != null) {
      int kept = random.nextInt(cluster.endpoints.size());
      cluster.placements.placed(session, cluster.address(kept));
    }
    PickRequest request = request(ADAPTERS.get(random.nextInt(4)), session, random);

    Explanation told = cluster.picker.explain(request, cluster.pool());
    Pick pick = cluster.picker.pick(request, cluster.pool(), true);

    assertThat(told.outcome()).isEqualTo(outcome(pick));
    if (pick instanceof Pick.Chosen chosen && policy != RoutingPolicy.RANDOM) {
      assertThat(told.chosen()).isEqualTo(Cluster.address(chosen));
      assertThat(told.tier()).isEqualTo(chosen.tier());
    }
    if (told.outcome() != Outcome.UNKNOWN_MODEL) {
      assertThat(told.endpoints()).hasSameSizeAs(cluster.endpoints);
    }
  }

  @Property(tries = 300)
  void costs_ofThoseThatLost_areNotLess(@ForAll Random random) {
    Cluster cluster = cluster(random, RoutingPolicy.LORA_AWARE);

    Explanation told = cluster.picker.explain(request("a", null, random), cluster.pool());

    for (Considered chosen : told.endpoints()) {
      if (chosen.verdict() == Verdict.CHOSEN) {
        for (Considered other : told.endpoints()) {
          if (other.verdict() == Verdict.WORSE) {
            assertThat(other.cost().total()).isGreaterThan(chosen.cost().total());
          } else if (other.verdict() == Verdict.TIE) {
            assertThat(other.cost().total()).isEqualTo(chosen.cost().total());
          }
        }
      }
    }
  }

  @Property(tries = 300)
  void parts_ofACost_areTheCost(@ForAll Random random) {
    Cluster cluster = cluster(random, RoutingPolicy.LORA_AWARE);
    PoolSnapshot pool = cluster.pool();
    Candidate at =
        new Candidate(
            request("a", null, random),
            pool,
            pool.adapter("a"),
            false,
            cluster.demand,
            cluster.registry.now());
    for (int i = 0; i < pool.endpoints().size(); i++) {
      if (at.moveTo(i, random.nextBoolean())) {
        assertThat(CostModel.parts(at).total())
            .isCloseTo(CostModel.cost(at, Double.POSITIVE_INFINITY), within(1e-6));
      }
    }
  }

  @Property(tries = 100)
  void explaining_changesNothing(@ForAll Random random) {
    Cluster cluster = cluster(random, RoutingPolicy.LORA_AWARE);
    PickRequest request = request("a", "new", random);
    double rate = cluster.demand.rate("a");
    int flying = cluster.pool().endpoints().stream().mapToInt(at -> at.inFlight().total()).sum();

    Explanation once = cluster.picker.explain(request, cluster.pool());
    Explanation twice = cluster.picker.explain(request, cluster.pool());

    assertThat(twice).isEqualTo(once);
    assertThat(cluster.demand.rate("a")).isEqualTo(rate);
    assertThat(cluster.pool().endpoints().stream().mapToInt(at -> at.inFlight().total()).sum())
        .isEqualTo(flying);
    assertThat(cluster.placements.endpoint("new")).isNull();
  }
}
