package dev.loragateway.bench.routing;

import dev.loragateway.bench.Commands;
import dev.loragateway.registry.QueueSettings;
import dev.loragateway.registry.RoutingSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code bench/run.sh routing}: compares routing policies in simulated time. Confined to one
 * thread.
 */
@Command(
    name = "bench/run.sh routing",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpWidth = 100,
    description = {
      "Compares routing policies in simulated time: the gateway's own registry and picker drive",
      "simulated model servers. Finds the highest rate at which p99 of the time to first token is",
      "at most 500 ms, for each policy, workload and fleet."
    })
public final class RoutingCommand implements Callable<Integer> {
  /** A queue in which nobody is refused. */
  static final QueueSettings UNBOUNDED =
      new QueueSettings(
          1_000_000, Long.MAX_VALUE, Duration.ofHours(1), Map.of(), Map.of(), false, 1);

  @Option(names = "--policies", split = ",", description = "Policies (default: all).")
  private List<String> policies = Arrays.stream(Policy.values()).map(Policy::label).toList();

  @Option(names = "--workloads", split = ",", description = "Workloads (default: all).")
  private @Nullable List<String> workloads;

  @Option(
      names = "--fleets",
      split = ",",
      description = "ENDPOINTSxSLOTS[:ADAPTERS] (default: 4x4:64,16x8:512).")
  private List<String> fleets = List.of("4x4", "16x8");

  @Option(names = "--endpoints", description = "One fleet with this many endpoints.")
  private int endpoints;

  @Option(names = "--slots", description = "GPU slots of each of --endpoints (default: 4).")
  private int slots = 4;

  @Option(names = "--adapters", description = "Adapters (default: 4 for each GPU slot).")
  private int adapters;

  @Option(
      names = "--rate",
      description = "Compare at this rate, in requests/s, instead of looking for the highest.")
  private double rate;

  @Option(names = "--gateways", description = "Gateway instances (default: ${DEFAULT-VALUE}).")
  private int gateways = 1;

  @Option(names = "--seed", description = "Of arrivals and of chance (default: ${DEFAULT-VALUE}).")
  private long seed = 1;

  @Option(names = "--seeds", description = "Take the median over so many seeds.")
  private int seeds = 1;

  @Option(names = "--seconds", description = "Shortest length of a run, in simulated seconds.")
  private double seconds;

  @Option(names = "--requests", description = "Requests to measure in a run, at least.")
  private int requests;

  @Option(names = "--tolerance", description = "Of the rate found (default: ${DEFAULT-VALUE}).")
  private double tolerance = 0.03;

  @Option(names = "--threads", description = "At work (default: one for each core).")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(names = "--quick", description = "Shorter runs of a few workloads, for tuning.")
  private boolean quick;

  @Option(names = "--full", description = "Longer runs and three seeds.")
  private boolean full;

  @Option(names = "--sensitivity", description = "Vary the servers' parameters, for Zipf 1.0.")
  private boolean sensitivity;

  @Option(
      names = "--replay",
      paramLabel = "TRACE",
      description = {
        "Hold the simulated server against a real one: replay this CSV file of fit_vllm.py",
        "with the times of the JSON file beside it (vllm-fit.json)."
      })
  private @Nullable Path replay;

  @Option(names = "--model", description = "Properties file with the servers' parameters.")
  private @Nullable Path modelFile;

  @Option(
      names = "--set",
      description = {
        "KEY=VALUE: a parameter of the servers (stepMs=11.5), of the gateway's start values",
        "(routing.diskSwap=50ms), of its queue (queue.timeout=1s) or of the workloads",
        "(workload.outputMean=64)."
      })
  private Map<String, String> set = new HashMap<>();

  @Option(names = "--out", description = "Directory of the reports (default: ${DEFAULT-VALUE}).")
  private Path out = Path.of("bench/results/routing");

  @Spec private @Nullable CommandSpec spec;

  public static void main(String[] args) {
    Commands.main(new RoutingCommand(), args);
  }

  @Override
  public Integer call() throws Exception {
    if (replay != null) {
      Replay wanted = new Replay(replay.resolveSibling("vllm-fit.json"), replay);
      System.out.print(Replay.table(wanted.outcomes()));
      return 0;
    }
    Options options = options();
    if (sensitivity) {
      System.out.print(new Sensitivity(options).run(out));
      System.out.println("\nwritten to " + out);
      return 0;
    }
    Comparison comparison = new Comparison(options);
    String command =
        "bench/run.sh routing "
            + String.join(
                " ", Objects.requireNonNull(spec).commandLine().getParseResult().originalArgs());
    Report report = new Report(comparison, command.strip(), out);
    if (rate > 0) {
      comparison.runAt(rate);
      System.out.print(report.details());
    } else {
      comparison.search();
      System.out.print(report.text());
    }
    System.out.println("\n" + comparison.speed());
    if (rate <= 0) {
      report.write();
      System.out.println("written to " + out);
    }
    return 0;
  }

  private Options options() throws java.io.IOException {
    ServerModel base = modelFile == null ? ServerModel.DEFAULTS : ServerModel.load(modelFile);
    ServerModel model = base.with(set(""));
    RoutingSettings routing =
        Overrides.apply(
            Overrides.apply(
                RoutingSettings.DEFAULTS,
                Map.of(
                    "maxNumSeqs", Integer.toString(model.maxNumSeqs()),
                    "maxWaiting", Integer.toString(Integer.MAX_VALUE),
                    "maxKvCache", "1")),
            set("routing."));
    return new Options(
        policies.stream().map(Policy::of).toList(),
        workloads().stream().map(w -> Overrides.apply(w, set("workload."))).toList(),
        fleets(),
        model,
        routing,
        Overrides.apply(UNBOUNDED, set("queue.")),
        gateways,
        seconds > 0 ? seconds : quick ? 20 : full ? 130 : 30,
        requests > 0 ? requests : quick ? 3000 : full ? 20_000 : 5000,
        tolerance,
        seed,
        full ? Math.max(3, seeds) : seeds,
        threads,
        !quick && workloads == null);
  }

  private List<Workload> workloads() {
    if (workloads != null) {
      return workloads.stream().map(Workload::of).toList();
    }
    return quick
        ? List.of("zipf-0.6", "zipf-1.0", "zipf-1.4", "hot", "drift").stream()
            .map(Workload::of)
            .toList()
        : Workload.ALL;
  }

  private List<Fleet> fleets() {
    List<Fleet> all =
        endpoints > 0
            ? List.of(Fleet.of(endpoints, slots))
            : fleets.stream().map(Fleet::parse).toList();
    return adapters > 0 ? all.stream().map(f -> f.withAdapters(adapters)).toList() : all;
  }

  /** The settings that begin with the prefix; those without any dot for the empty one. */
  private Map<String, String> set(String prefix) {
    Map<String, String> found = new HashMap<>();
    List<String> known = new ArrayList<>(List.of("routing.", "queue.", "workload."));
    set.forEach(
        (key, value) -> {
          boolean plain = known.stream().noneMatch(key::startsWith);
          if (prefix.isEmpty() ? plain : key.startsWith(prefix)) {
            found.put(key.substring(prefix.length()), value);
          }
        });
    return found;
  }
}
