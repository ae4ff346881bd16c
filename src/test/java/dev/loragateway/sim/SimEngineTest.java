package dev.loragateway.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SimEngineTest {
  private static final int FOREVER = 1_000_000;

  private final StepGate gate = new StepGate();
  private final SimSettings settings =
      SimSettings.of("base")
          .withSlots(2, 3)
          .withMaxNumSeqs(4)
          .withKvCacheTokens(100)
          .withTokenTime(StepGate.STEP)
          .withPrefillPerToken(Duration.ZERO);
  private final SimMetrics metrics = new SimMetrics(settings, InstantSource.system());
  private final SimWorker worker =
      new SimWorker(
          settings,
          gate,
          InstantSource.system(),
          event -> gate.note(event.event() + " " + event.adapter()));
  private final SimEngine engine = new SimEngine(settings, gate, worker, metrics);
  private final SimAdapter a = adapter(1, "a");
  private final SimAdapter b = adapter(2, "b");
  private final SimAdapter c = adapter(3, "c");

  @BeforeEach
  void startEngine() {
    engine.start();
  }

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void swap_batchRunning_nobodyGetsTokensUntilItIsDone() {
    start("a", a, FOREVER);
    gate.allow(1);
    awaitLog("token a");
    start("b", b, FOREVER);
    gate.allow(2);
    await().until(() -> gate.log().contains("token b"));

    // Whatever happened before, b's swap is one piece: no step and no token in between.
    List<String> log = gate.log();
    int load = log.indexOf("load b");
    assertThat(log.subList(load - 1, load + 6))
        .containsExactly("swap", "load b", "swap", "activate b", "step", "token a", "token b");
  }

  @Test
  void request_thirdAdapterForTwoSlots_waitsDeferredWhileOthersPass() {
    start("a", a, FOREVER);
    start("b", b, FOREVER);
    start("c", c, FOREVER);
    start("base", null, FOREVER);
    start("a2", a, FOREVER);
    gate.allow(2);
    awaitLog("token a2");

    await()
        .untilAsserted(
            () -> assertMetric("num_requests_running{engine=\"0\",model_name=\"base\"} 4.0"));
    assertMetric("num_requests_waiting{engine=\"0\",model_name=\"base\"} 1.0");
    assertMetric("reason=\"deferred\"} 1.0");
    assertMetric("reason=\"capacity\"} 0.0");
    assertThat(gate.log()).doesNotContain("token c");
    assertThat(worker.slots().gpu()).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void request_batchFull_waitsForCapacityInOrderOfArrival() {
    for (int i = 0; i < 6; i++) {
      start("r" + i, null, i == 0 ? 2 : FOREVER);
    }
    gate.allow(2);
    await().untilAsserted(() -> assertMetric("reason=\"capacity\"} 2.0"));
    gate.allow(1);
    awaitLog("token r4");
    assertThat(gate.log()).doesNotContain("token r5");
  }

  @Test
  void request_kvCacheFull_waitsForCapacity() {
    submit("large", null, 80, FOREVER);
    submit("small", null, 30, FOREVER);
    gate.allow(2);
    await().untilAsserted(() -> assertMetric("reason=\"capacity\"} 1.0"));
    assertThat(gate.log()).contains("token large").doesNotContain("token small");
  }

  @Test
  void abort_deferredBehindIt_takesItsPlace() {
    EngineRequest first = start("a", a, FOREVER);
    start("b", b, FOREVER);
    start("c", c, FOREVER);
    gate.allow(2);
    awaitLog("token b");
    engine.abort(first);
    gate.allow(3);
    awaitLog("token c");
    assertThat(worker.slots().gpu()).containsExactlyInAnyOrder("b", "c");
    await().untilAsserted(() -> assertMetric("finished_reason=\"abort\",model_name=\"base\"} 1.0"));
  }

  @Test
  void batch_newcomerArrivesWithResidentOne_neverEvictsItsOwnAdapters() {
    load(a);
    load(b);
    assertThat(worker.slots().gpu()).containsExactly("a", "b");
    // c is first in the batch and a is the oldest in its slot, but a is needed as well.
    engine.stall(true);
    start("c", c, FOREVER);
    start("a", a, FOREVER);
    engine.stall(false);
    gate.allow(1);
    awaitLog("token a");
    assertThat(gate.log().stream().filter(line -> line.startsWith("activate")))
        .containsExactly("activate a", "activate b", "activate c");
    assertThat(worker.slots().gpu()).containsExactlyInAnyOrder("a", "c");
  }

  @Test
  void level_firstStep_tellsWhereTheWeightsWere() {
    load(a);
    load(b);
    load(c);
    EngineRequest gpu = start("gpu", c, 1);
    gate.allow(1);
    awaitLog("token gpu");
    EngineRequest cpu = start("cpu", a, 1);
    gate.allow(1);
    awaitLog("token cpu");
    EngineRequest disk = start("disk", adapter(9, "z"), 1);
    gate.allow(1);
    awaitLog("token disk");
    assertThat(gpu.level).isEqualTo(SimRequest.Level.GPU);
    assertThat(cpu.level).isEqualTo(SimRequest.Level.CPU);
    assertThat(disk.level).isEqualTo(SimRequest.Level.DISK);
  }

  @Test
  void load_oldestInBothLists_leavesBoth() {
    load(a);
    load(b);
    load(c);
    load(adapter(4, "d"));
    assertThat(worker.slots().cpu()).containsExactly("b", "c", "d");
    assertThat(worker.slots().gpu()).containsExactly("c", "d");
  }

  @Test
  void stall_requestsArrive_theyWaitAndNoStepRuns() {
    engine.stall(true);
    start("a", a, FOREVER);
    gate.allow(5);
    await()
        .untilAsserted(
            () -> assertMetric("num_requests_waiting{engine=\"0\",model_name=\"base\"} 1.0"));
    assertThat(gate.log()).isEmpty();
    engine.stall(false);
    awaitLog("token a");
  }

  private EngineRequest start(String name, SimAdapter adapter, int tokens) {
    return submit(name, adapter, 1, tokens);
  }

  private EngineRequest submit(String name, SimAdapter adapter, int prompt, int tokens) {
    EngineRequest request =
        new EngineRequest(
            adapter, prompt, tokens, true, (index, last) -> gate.note("token " + name));
    engine.submit(request);
    return request;
  }

  private void load(SimAdapter adapter) {
    engine.load(adapter).join();
  }

  private void awaitLog(String entry) {
    await().until(() -> gate.log().contains(entry));
  }

  private void assertMetric(String part) {
    assertThat(metrics.page(worker.slots(), SimSleep.AWAKE)).contains(part);
  }

  private static SimAdapter adapter(int id, String name) {
    return new SimAdapter(id, name, "sim://" + name, 100_000_000, false);
  }
}
