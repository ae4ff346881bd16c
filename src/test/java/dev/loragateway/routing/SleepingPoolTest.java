package dev.loragateway.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.model.EngineSleep;
import dev.loragateway.model.Health;
import dev.loragateway.registry.Dispatch;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.SleepSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of requests for endpoints whose engine sleeps. */
final class SleepingPoolTest {
  private static final SleepSettings SLEEP = new SleepSettings(Duration.ofMinutes(15));

  private final List<String> wanted = new ArrayList<>();
  private final List<Pick> told = new ArrayList<>();
  private final Warmup warmup =
      new Warmup() {
        @Override
        public void start(Dispatch dispatch, Runnable ended) {
          dispatch.refused();
        }

        @Override
        public void asleep(String pool) {
          wanted.add(pool);
        }
      };

  private Cluster cluster = new Cluster(0, PoolSettings.of("pool", "base"));
  private Admission admission =
      new Admission(cluster.registry, cluster.picker, cluster.demand, warmup);

  private void start(int endpoints, @Nullable SleepSettings sleep) {
    cluster = new Cluster(endpoints, PoolSettings.of("pool", "base").withSleep(sleep));
    for (int i = 0; i < endpoints; i++) {
      cluster.up(i, List.of("a"), 4);
    }
    admission = new Admission(cluster.registry, cluster.picker, cluster.demand, warmup);
  }

  private Pick ask(PickRequest request) {
    return admission.admit(
        new AdmissionRequest(request, "standard", 100, Duration.ofSeconds(30).toNanos(), told::add),
        cluster.pool());
  }

  private Pick ask(String model) {
    return ask(PickRequest.of(model));
  }

  @ParameterizedTest
  @ValueSource(strings = {"base", "a"})
  void everyEndpointAsleep_requestWaits_andGoesWhenOneIsAwake(String model) {
    start(2, SLEEP);
    cluster.sleeps(0, EngineSleep.ASLEEP);
    cluster.sleeps(1, EngineSleep.ASLEEP);

    assertThat(ask(model)).isInstanceOf(Pick.Queued.class);
    admission.freed("pool");
    assertThat(told).isEmpty();
    assertThat(wanted).containsExactly("pool");

    cluster.registry.sleeps(cluster.endpoints.get(1), false);
    admission.freed("pool");

    assertThat(told).singleElement().isInstanceOf(Pick.Chosen.class);
    assertThat(Cluster.address((Pick.Chosen) told.getFirst())).isEqualTo("10.0.0.1:8000");
  }

  @Test
  void oneAwake_itIsPicked_andNobodyIsWoken() {
    start(2, SLEEP);
    cluster.sleeps(0, EngineSleep.ASLEEP);

    for (int i = 0; i < 5; i++) {
      assertThat(Cluster.address((Pick.Chosen) ask("a"))).isEqualTo("10.0.0.1:8000");
    }
    assertThat(wanted).isEmpty();
  }

  @Test
  void sleeperGoesDown_whoWaitsForIt_isTold() {
    start(1, SLEEP);
    cluster.sleeps(0, EngineSleep.ASLEEP);
    ask("a");

    cluster.registry.reportHealth(cluster.endpoints.getFirst(), Health.DOWN);
    admission.freed("pool");

    assertThat(told).containsExactly(new Pick.NoneReady());
  }

  @Test
  void adapterOfAnotherEndpoint_isNotWaitedFor() {
    start(2, SLEEP);
    cluster.up(0, List.of("a", "b"), 4);
    cluster.sleeps(0, EngineSleep.ASLEEP);
    cluster.registry.reportHealth(cluster.endpoints.get(1), Health.DOWN);

    assertThat(ask("b")).isInstanceOf(Pick.Queued.class);
    cluster.registry.reportHealth(cluster.endpoints.get(0), Health.DOWN);
    cluster.registry.reportHealth(cluster.endpoints.get(1), Health.UP);
    cluster.sleeps(1, EngineSleep.ASLEEP);
    admission.freed("pool");

    assertThat(told).containsExactly(new Pick.NoneReady());
  }

  @Test
  void poolThatNobodyWakes_andSuspendedEngine_areNotReady() {
    start(1, null);
    cluster.sleeps(0, EngineSleep.ASLEEP);
    assertThat(ask("a")).isEqualTo(new Pick.NoneReady());

    start(1, SLEEP);
    cluster.sleeps(0, EngineSleep.SUSPENDED);
    assertThat(ask("a")).isEqualTo(new Pick.NoneReady());
    assertThat(wanted).isEmpty();
  }

  @Test
  void requestThatTheEngineDoesNotRun_needsNoneThatIsAwake() {
    start(1, SLEEP);
    cluster.sleeps(0, EngineSleep.ASLEEP);

    assertThat(ask(new PickRequest("a", false, null, null, 0, Set.of())))
        .isInstanceOf(Pick.Chosen.class);
    assertThat(wanted).isEmpty();
  }
}
