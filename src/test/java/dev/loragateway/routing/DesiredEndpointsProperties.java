package dev.loragateway.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.model.Health;
import dev.loragateway.registry.PoolSettings;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class DesiredEndpointsProperties {
  private static final List<String> ADAPTERS =
      IntStream.range(0, 30).mapToObj(i -> "lora-" + i).toList();

  @Property(tries = 500)
  void desired_withMoreToDo_isNeverLess(@ForAll Random random) {
    int size = 1 + random.nextInt(5);
    int slots = 1 + random.nextInt(4);
    Cluster cluster = new Cluster(size, PoolSettings.of("pool", "base"));
    for (int i = 0; i < size; i++) {
      cluster.up(i, ADAPTERS, slots);
      if (random.nextInt(4) == 0) {
        cluster.registry.reportHealth(cluster.endpoints.get(i), Health.DOWN);
      }
    }
    int running = random.nextInt(300);
    int waiting = 0;
    double kv = 0;
    int queued = 0;
    int before = 1;
    for (int step = 0; step < 20; step++) {
      switch (random.nextInt(4)) {
        case 0 -> waiting += random.nextInt(5);
        case 1 -> kv += random.nextDouble() * (1 - kv);
        case 2 -> queued += random.nextInt(200);
        default -> ask(cluster, random);
      }
      cluster.report(0, running, waiting, kv, slots, Set.of());

      int desired =
          DesiredEndpoints.of(cluster.pool(), queued, cluster.demand, cluster.clock.get());

      assertThat(desired).isGreaterThanOrEqualTo(before);
      before = desired;
    }
  }

  private static void ask(Cluster cluster, Random random) {
    String adapter = ADAPTERS.get(random.nextInt(ADAPTERS.size()));
    for (int i = random.nextInt(40); i >= 0; i--) {
      cluster.demand.add(adapter);
    }
  }
}
