package dev.loragateway.bench.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.loragateway.registry.QueueSettings;
import dev.loragateway.registry.RoutingSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SimulationTest {
  private static final RoutingSettings ROUTING =
      Overrides.apply(
          RoutingSettings.DEFAULTS,
          Map.of("maxNumSeqs", "16", "maxWaiting", "1000000", "maxKvCache", "1"));

  private static RunSpec spec(Policy policy, String workload, double rate) {
    return new RunSpec(
        policy,
        Workload.of(workload),
        Fleet.SMALL,
        ServerModel.DEFAULTS,
        ROUTING,
        QueueSettings.DEFAULTS,
        1,
        rate,
        120,
        10,
        7);
  }

  private static double expectedFirst(ServerModel model, int promptTokens) {
    return model.stepMs() + model.prefillMs() * promptTokens + 2 * model.networkMs();
  }

  @Test
  void run_singleAdapterHardlyLoaded_answersAfterOneStep() {
    RunSpec spec = spec(Policy.LEAST_REQUEST, "single", 0.5);
    Workload exact =
        spec.workload().with("promptSigma", 0).with("promptMean", 100).with("outputSigma", 0);
    RunResult result = Simulation.run(spec.withWorkload(exact), false);
    assertThat(result.p50()).isCloseTo(expectedFirst(spec.model(), 100), within(0.01));
    assertThat(result.hitRate()).isEqualTo(1);
    assertThat(result.loadsPerRequest()).isZero();
  }

  @Test
  void run_sameSeed_givesTheSameFigures() {
    RunSpec spec = spec(Policy.LORA_AWARE, "zipf-1.0", 25);
    RunResult first = Simulation.run(spec, false);
    RunResult second = Simulation.run(spec, false);
    assertThat(second.p99()).isEqualTo(first.p99());
    assertThat(second.events()).isEqualTo(first.events());
  }

  @Test
  void run_otherPolicy_seesTheSameArrivals() {
    RunResult first = Simulation.run(spec(Policy.RANDOM, "zipf-1.0", 10), false);
    RunResult second = Simulation.run(spec(Policy.GIE, "zipf-1.0", 10), false);
    assertThat(second.measured()).isEqualTo(first.measured());
  }

  @Test
  void run_moreAdaptersThanSlotsInOneBatch_defersForAboutAnAnswer() {
    RunSpec spec = spec(Policy.ROUND_ROBIN, "uniform", 30);
    RunResult result = Simulation.run(spec, false);
    double answer = spec.workload().outputMean() * spec.model().stepMs();
    assertThat(result.p99()).isGreaterThan(answer / 2);
  }

  @Test
  void run_endpointLossAndReturn_failsFewAndServesTheRest() {
    RunResult result = Simulation.run(spec(Policy.LORA_AWARE, "loss", 15), false);
    assertThat(result.failures()).isBetween(0L, 20L);
    assertThat(result.throughput()).isCloseTo(15, within(2.0));
  }

  @Test
  void estimate_ofAnUndisturbedGateway_isMostlyRight() {
    RunResult result = Simulation.run(spec(Policy.LORA_AWARE, "zipf-1.0", 15), false);
    assertThat(result.accuracy()).isGreaterThan(0.95);
  }

  /** Two runs of the real server with the same arrivals differ by a third at p99. */
  @Test
  void replay_ofRequestsRecordedOnARealServer_comesNearToWhatWasMeasured() throws IOException {
    Path results = Path.of("results");
    Replay replay = new Replay(results.resolve("vllm-fit.json"), results.resolve("vllm-trace.csv"));
    assertThat(replay.outcomes()).hasSize(3);
    for (Replay.Outcome run : replay.outcomes()) {
      assertThat(run.simulated().hits()).isCloseTo(run.measured().hits(), within(0.05));
      assertThat(run.simulated().p50() / run.measured().p50()).isBetween(0.6, 1.6);
      assertThat(run.simulated().p99() / run.measured().p99()).isBetween(0.5, 1.6);
    }
  }

  @Test
  void bursts_haveTheSameMeanRate() {
    Arrivals arrivals = new DrawnArrivals(Workload.of("bursts"), 64, 50, 3);
    int count = 0;
    for (arrivals.advance(); arrivals.seconds() < 1000; arrivals.advance()) {
      count++;
    }
    assertThat(count / 1000.0).isCloseTo(50, within(1.0));
  }
}
