package dev.loragateway.adapters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.adapters.CallResult.Done;
import dev.loragateway.adapters.CallResult.Failed;
import dev.loragateway.adapters.CallResult.Refused;
import dev.loragateway.model.Endpoint;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.EngineSleep;
import dev.loragateway.model.Health;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.RegistryListener;
import dev.loragateway.registry.SleepSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One endpoint of a pool that sleeps after an hour, on a clock that only the test moves. */
final class PoolSleepTest {
  private static final Duration AFTER = Duration.ofHours(1);
  private static final Duration SOON = Duration.ofSeconds(10);

  private final Endpoint one = Endpoint.plain("pool", "10.0.0.1", 8000);
  private final AtomicLong clock = new AtomicLong(1);
  private final EndpointRegistry registry =
      new EndpointRegistry(clock::get, new RegistryListener() {}, Runnable::run);
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final BlockingQueue<CallResult> answers = new LinkedBlockingQueue<>();
  private final List<String> told = new CopyOnWriteArrayList<>();
  private final AwakeServers servers = new AwakeServers(new NoServers());
  private volatile boolean leads = true;
  private double started = 100;
  private Runnable duringACall = () -> {};
  private final PoolSleep sleep =
      new PoolSleep(
          new PoolSleep.Parts(registry, new Asked(), servers, () -> leads), new Told(), () -> {});

  /** Answers are given one after the other, whatever is asked. */
  private final class Asked implements SleepCalls {
    @Override
    public CallResult sleep(Endpoint at) throws InterruptedException {
      asked.add("sleep");
      return answers.take();
    }

    @Override
    public CallResult wake(Endpoint at) throws InterruptedException {
      asked.add("wake");
      return answers.take();
    }
  }

  private final class Told implements SleepListener {
    @Override
    public void slept(Endpoint at, boolean well) {
      told.add("slept " + well);
    }

    @Override
    public void woken(Endpoint at, long nanos, boolean well) {
      told.add("woken " + well);
    }
  }

  private final class NoServers implements ModelServers {
    @Override
    public CallResult load(Endpoint at, String name, AdapterSource source) {
      return new Done();
    }

    @Override
    public String engine(Endpoint at) {
      return "vllm";
    }

    @Override
    public CallResult verify(Endpoint at, String name) {
      duringACall.run();
      return new Done();
    }

    @Override
    public CallResult unload(Endpoint at, String name) {
      return new Done();
    }
  }

  @BeforeEach
  void start() {
    PoolSettings settings = PoolSettings.of("pool", "base").withSleep(new SleepSettings(AFTER));
    registry.configure(Map.of(settings, List.of(one)));
    registry.reportHealth(one, Health.UP);
    scrape(0, EngineSleep.AWAKE, 1);
    sleep.turn(null);
  }

  @AfterEach
  void close() {
    sleep.close();
  }

  private void scrape(int running, EngineSleep told, long finished) {
    clock.incrementAndGet();
    registry.scrapeBegins(one);
    registry.report(
        one,
        new EndpointLoad(
            running, 0, 0, 0, 1, started, Set.of(), 0, Map.of(), null, told, finished));
  }

  private EndpointState state() {
    return registry.snapshot().pools().getFirst().endpoints().getFirst();
  }

  /** Looks until the condition is met; calls end on other threads. */
  private void lookUntil(BooleanSupplier met) {
    await()
        .pollInterval(Duration.ofMillis(1))
        .atMost(SOON)
        .until(
            () -> {
              sleep.turn(null);
              return met.getAsBoolean();
            });
  }

  private void anHourPasses() {
    clock.addAndGet(AFTER.toNanos());
    scrape(0, EngineSleep.AWAKE, 1);
  }

  private void fallAsleep() {
    anHourPasses();
    answers.add(new Done());
    lookUntil(() -> told.contains("slept true"));
  }

  @Test
  void unusedForLongEnough_isPutToSleep_andMarkedBefore() {
    clock.addAndGet(AFTER.toNanos() - 10);
    scrape(0, EngineSleep.AWAKE, 1);
    sleep.turn(null);
    assertThat(state().up()).isTrue();

    anHourPasses();
    sleep.turn(null);

    assertThat(state().asleep()).isTrue();
    assertThat(told).isEmpty();
    answers.add(new Done());
    lookUntil(() -> told.contains("slept true"));
    assertThat(state().asleep()).isTrue();
    assertThat(asked).containsExactly("sleep");
  }

  @Test
  void usedByAnybody_staysAwake() {
    anHourPasses();
    scrape(1, EngineSleep.AWAKE, 1);
    sleep.turn(null);
    anHourPasses();
    scrape(0, EngineSleep.AWAKE, 2);
    sleep.turn(null);
    anHourPasses();
    scrape(0, EngineSleep.AWAKE, 2);
    var _ = state().inFlight().reserve(0);
    sleep.turn(null);

    assertThat(state().up()).isTrue();
    assertThat(asked).isEmpty();
  }

  @Test
  void untold_stale_orNotTheLeader_staysAwake() {
    clock.addAndGet(AFTER.toNanos());
    sleep.turn(null);
    scrape(0, EngineSleep.UNKNOWN, 1);
    sleep.turn(null);
    scrape(0, EngineSleep.AWAKE, 1);
    leads = false;
    sleep.turn(null);
    assertThat(state().up()).isTrue();

    leads = true;
    sleep.turn(null);
    assertThat(state().asleep()).isTrue();
  }

  @Test
  void callOfTheControlPlaneUnderWay_isWaitedFor() throws InterruptedException {
    anHourPasses();
    duringACall = () -> sleep.turn(null);
    assertThat(servers.verify(one, "a")).isEqualTo(new Done());
    assertThat(state().up()).isTrue();

    sleep.turn(null);
    assertThat(state().asleep()).isTrue();
    assertThat(servers.verify(one, "a")).isInstanceOf(Failed.class);
    answers.add(new Done());
    lookUntil(() -> told.contains("slept true"));
    answers.add(new Done());
    sleep.wanted("pool");
    lookUntil(() -> told.contains("woken true"));
    assertThat(servers.verify(one, "a")).isEqualTo(new Done());
  }

  @Test
  void asleepForLong_isWokenByWhoWantsIt_alsoByAFollower() {
    fallAsleep();
    leads = false;
    clock.addAndGet(2 * AFTER.toNanos());
    scrape(0, EngineSleep.ASLEEP, 1);
    sleep.turn(null);
    assertThat(asked).containsExactly("sleep");

    sleep.wanted("pool");
    answers.add(new Done());
    lookUntil(() -> told.contains("woken true"));

    assertThat(state().up()).isTrue();
    assertThat(asked).containsExactly("sleep", "wake");
  }

  @Test
  void wantedWhileItFallsAsleep_isWokenThen_howeverLongThatTakes() {
    anHourPasses();
    sleep.turn(null);
    sleep.wanted("pool");
    sleep.turn(null);
    clock.addAndGet(2 * AFTER.toNanos());
    sleep.turn(null);

    answers.add(new Done());
    answers.add(new Done());
    lookUntil(() -> told.size() == 2);

    assertThat(told).containsExactly("slept true", "woken true");
    assertThat(state().up()).isTrue();
  }

  @Test
  void requestAtASleeper_wakesIt() {
    fallAsleep();
    var _ = state().inFlight().reserve(0);
    answers.add(new Done());
    lookUntil(() -> told.contains("woken true"));

    state().inFlight().release();
    fallAsleep();
    scrape(1, EngineSleep.ASLEEP, 1);
    answers.add(new Done());
    lookUntil(() -> told.size() == 4);
    assertThat(asked).containsExactly("sleep", "wake", "sleep", "wake");
  }

  @Test
  void callWithoutAnAnswer_isUndone() {
    anHourPasses();
    answers.add(new Failed("no answer", false));
    answers.add(new Done());
    lookUntil(() -> told.size() == 2);

    assertThat(told).containsExactly("slept false", "woken true");
    assertThat(asked).containsExactly("sleep", "wake");
    assertThat(state().up()).isTrue();
  }

  @Test
  void wakingFails_isTriedAgain_laterAndLater() {
    fallAsleep();
    sleep.wanted("pool");
    for (int failures = 1; failures <= 3; failures++) {
      int call = failures;
      answers.add(new Failed("500", true));
      lookUntil(() -> told.size() == call + 1);
      clock.addAndGet(Duration.ofSeconds(failures).toNanos() - 1);
      sleep.turn(null);
      assertThat(asked).hasSize(failures + 1);
      clock.incrementAndGet();
    }
    answers.add(new Done());
    lookUntil(() -> told.contains("woken true"));

    assertThat(state().up()).isTrue();
  }

  @Test
  void refusal_isRemembered_untilTheServerIsAnotherOne() {
    anHourPasses();
    answers.add(new Refused("404"));
    lookUntil(() -> told.contains("slept false"));
    assertThat(state().up()).isTrue();

    clock.addAndGet(2 * AFTER.toNanos());
    scrape(0, EngineSleep.AWAKE, 1);
    sleep.turn(null);
    assertThat(state().up()).isTrue();

    started++;
    scrape(0, EngineSleep.AWAKE, 1);
    sleep.turn(null);
    assertThat(state().asleep()).isTrue();
  }

  @Test
  void endpointThatLeftAsleep_andCameBackAwake_isOpenToTheControlPlane()
      throws InterruptedException {
    fallAsleep();
    PoolSettings settings = PoolSettings.of("pool", "base").withSleep(new SleepSettings(AFTER));
    registry.configure(Map.of(settings, List.of()));
    sleep.turn(null);
    registry.configure(Map.of(settings, List.of(one)));
    registry.reportHealth(one, Health.UP);
    scrape(0, EngineSleep.AWAKE, 1);

    sleep.turn(null);

    assertThat(servers.verify(one, "a")).isEqualTo(new Done());
  }

  @Test
  void wokenBySomebodyElse_isLeftAwake_forTheWholeTime() {
    fallAsleep();
    scrape(0, EngineSleep.AWAKE, 1);
    sleep.turn(null);
    assertThat(state().up()).isTrue();

    anHourPasses();
    sleep.turn(null);
    assertThat(state().asleep()).isTrue();
  }
}
