package dev.loragateway.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.model.Health;
import dev.loragateway.registry.RoutingPolicy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;

class EndpointPickerProperties {
  private static final int SLOTS = 2;

  @Property(tries = 300)
  void pick_anyCluster_isEligible(@ForAll RoutingPolicy policy, @ForAll Random random) {
    int size = 1 + random.nextInt(6);
    Cluster cluster = new Cluster(size, Cluster.policy(policy));
    List<Integer> eligible = new ArrayList<>();
    List<Integer> saturated = new ArrayList<>();
    boolean listed = false;
    for (int i = 0; i < size; i++) {
      boolean lists = random.nextBoolean();
      boolean up = random.nextInt(4) > 0;
      int waiting = random.nextInt(10);
      cluster.up(i, lists ? List.of("a", "b") : List.of("b"), SLOTS);
      cluster.report(i, random.nextInt(20), waiting, random.nextDouble(), SLOTS, Set.of());
      if (!up) {
        cluster.registry.reportHealth(cluster.endpoints.get(i), Health.DOWN);
      }
      listed |= lists;
      if (lists && up) {
        double kv = cluster.pool().endpoints().get(i).load().kvCache();
        (waiting > 5 || kv > 0.9 ? saturated : eligible).add(i);
      }
    }

    Pick pick = cluster.pick("a");

    if (!eligible.isEmpty()) {
      assertThat(pick).isInstanceOf(Pick.Chosen.class);
      String address = Cluster.address((Pick.Chosen) pick);
      assertThat(eligible.stream().map(cluster::address)).contains(address);
    } else if (!saturated.isEmpty()) {
      assertThat(pick).isInstanceOf(Pick.Saturated.class);
    } else if (listed) {
      assertThat(pick).isInstanceOf(Pick.NoneReady.class);
    } else {
      assertThat(pick).isInstanceOf(Pick.UnknownModel.class);
    }
  }

  @Property(tries = 200)
  void pick_atEqualLoad_prefersWhereTheAdapterIsResident(
      @ForAll @IntRange(min = 2, max = 6) int size,
      @ForAll @IntRange(min = 0, max = 5) int resident,
      @ForAll @IntRange(min = 0, max = 200) int load,
      @ForAll boolean tiered) {
    int at = resident % size;
    RoutingPolicy policy = tiered ? RoutingPolicy.TIERED : RoutingPolicy.LORA_AWARE;
    Cluster cluster = new Cluster(size, Cluster.policy(policy));
    for (int i = 0; i < size; i++) {
      cluster.up(i, List.of("a", "b"), SLOTS, i == at ? "a" : "b");
      cluster.report(i, load, 0, 0.1, SLOTS, Set.of(i == at ? "a" : "b"));
    }

    assertThat(Cluster.address(cluster.choose("a"))).isEqualTo(cluster.address(at));
  }

  /** A session whose endpoint is gone changes nothing, but makes the picker look at every one. */
  @Property(tries = 500)
  void pick_lookingOnlyWhereTheAdapterIsNear_findsTheBestOfAll(@ForAll Random random) {
    List<String> adapters = List.of("a", "b", "c", "d", "e", "f");
    int size = 1 + random.nextInt(70);
    Cluster cluster = new Cluster(size, Cluster.policy(RoutingPolicy.LORA_AWARE));
    for (int i = 0; i < size; i++) {
      Set<String> gpu = some(adapters, random, SLOTS);
      Set<String> cpu = new HashSet<>(some(adapters, random, SLOTS));
      cpu.addAll(gpu);
      cluster.up(i, random.nextInt(8) > 0 ? adapters : List.of("b"), SLOTS);
      cluster.report(i, random.nextInt(40), SLOTS, gpu, cpu);
      if (random.nextInt(8) == 0) {
        cluster.registry.reportHealth(cluster.endpoints.get(i), Health.DOWN);
      }
    }
    cluster.placements.placed("session", "gone");
    boolean mayWait = random.nextBoolean();
    for (int i = 0; i < 3 * size; i++) {
      String model = adapters.get(random.nextInt(adapters.size()));
      int hash = random.nextInt(3);
      Pick all = cluster.picker.pick(request(model, "session", hash), cluster.pool(), mayWait);
      if (all instanceof Pick.Chosen chosen) {
        chosen.dispatch().refused();
      }
      cluster.placements.placed("session", "gone");
      Pick near = cluster.picker.pick(request(model, null, hash), cluster.pool(), mayWait);

      assertThat(where(near)).isEqualTo(where(all));
    }
  }

  private static Set<String> some(List<String> adapters, Random random, int most) {
    List<String> shuffled = new ArrayList<>(adapters);
    Collections.shuffle(shuffled, random);
    return Set.copyOf(shuffled.subList(0, random.nextInt(most + 1)));
  }

  private static PickRequest request(String model, @Nullable String session, int hash) {
    return new PickRequest(model, true, session, null, hash, Set.of(), true);
  }

  private static String where(Pick pick) {
    return pick instanceof Pick.Chosen chosen ? Cluster.address(chosen) : pick.toString();
  }

  @Property(tries = 100)
  void dispatches_anyMix_leaveNothingInFlight(@ForAll Random random) {
    Cluster cluster = new Cluster(3, Cluster.policy(RoutingPolicy.LORA_AWARE));
    List<String> adapters = List.of("a", "b", "c", "d");
    for (int i = 0; i < 3; i++) {
      cluster.up(i, adapters, SLOTS);
    }
    List<Pick.Chosen> open = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      open.add(cluster.choose(adapters.get(random.nextInt(4))));
      if (random.nextBoolean()) {
        Pick.Chosen over = open.remove(random.nextInt(open.size()));
        if (random.nextBoolean()) {
          over.dispatch().answered();
        }
        over.dispatch().finished();
        over.dispatch().refused();
      }
    }
    open.forEach(over -> over.dispatch().refused());

    cluster
        .pool()
        .endpoints()
        .forEach(
            endpoint -> {
              assertThat(endpoint.inFlight().total()).isZero();
              assertThat(endpoint.inFlight().distinctAdapters()).isZero();
              assertThat(endpoint.inFlight().swapQueue(cluster.registry.now())).isEmpty();
            });
  }
}
