package dev.loragateway.bench.live;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.loragateway.bench.Commands;
import dev.loragateway.bench.Progress;
import dev.loragateway.registry.RoutingPolicy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code bench/run.sh routing --live}: compares routing policies on real sockets. Confined to one
 * thread.
 */
@Command(
    name = "bench/run.sh routing --live",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpWidth = 100,
    description = {
      "Compares routing policies on real sockets: the gateway in front of simulated servers, which",
      "batch continuously, stop the whole batch for a swap and hold back adapters beyond their",
      "slots. Each policy gets fresh servers, a fresh gateway and the same requests at the same",
      "times, whatever it makes of them. Exits with 1 if any request failed."
    })
public final class LiveCommand implements Callable<Integer> {
  /** Load that is thrown away, so that the first policy does not pay for compiling the code. */
  private static final Load DISCARDED = new Load(60, 0, 5, 8, 0, 24, 0);

  private static final int CPU_SLOT_FACTOR = 4;

  @Option(names = "--live", hidden = true, description = "What chose this command.")
  private boolean live;

  @Option(
      names = "--policies",
      split = ",",
      description = "Policies, in this order (default: ${DEFAULT-VALUE}).")
  private List<String> policies =
      List.of("random", "round-robin", "least-request", "hash", "tiered", "lora-aware");

  @Option(names = "--rate", description = "Requests/s (default: ${DEFAULT-VALUE}).")
  private double rate = 70;

  @Option(names = "--seconds", description = "Measured, per policy (default: ${DEFAULT-VALUE}).")
  private int seconds = 20;

  @Option(names = "--warm-up", description = "Seconds before that (default: ${DEFAULT-VALUE}).")
  private int warmUp = 5;

  @Option(names = "--endpoints", description = "Servers (default: ${DEFAULT-VALUE}).")
  private int endpoints = 4;

  @Option(
      names = "--slots",
      description =
          "GPU slots of each, and a quarter of its CPU slots (default: ${DEFAULT-VALUE}).")
  private int slots = 4;

  @Option(names = "--places", description = "Batch places of each (default: ${DEFAULT-VALUE}).")
  private int places = 16;

  @Option(names = "--uneven", description = "Every other server's disk is ten times as slow.")
  private boolean uneven;

  @Option(names = "--adapters", description = "Adapters (default: ${DEFAULT-VALUE}).")
  private int adapters = 64;

  @Option(names = "--skew", description = "Exponent of Zipf's law (default: ${DEFAULT-VALUE}).")
  private double skew = 1.0;

  @Option(names = "--tokens", description = "Of each answer (default: ${DEFAULT-VALUE}).")
  private int tokens = 24;

  @Option(names = "--seed", description = "Of times and adapters (default: ${DEFAULT-VALUE}).")
  private long seed = 7;

  @Option(names = "--out", description = "Directory of the reports (default: ${DEFAULT-VALUE}).")
  private Path out = Path.of("bench/results/routing-live");

  @Spec private @Nullable CommandSpec spec;

  public static void main(String[] args) {
    System.setProperty("jdk.httpclient.disableRetryConnect", "true");
    ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
    Commands.main(new LiveCommand(), args);
  }

  @Override
  public Integer call() throws Exception {
    policies.forEach(LiveCommand::check);
    Load load = new Load(rate, warmUp, seconds, adapters, skew, tokens, seed);
    Fleet fleet = new Fleet(endpoints, slots, CPU_SLOT_FACTOR * slots, places, uneven);
    System.out.println(LiveReport.setting(load, fleet));
    List<LiveResult> results = run(load, fleet);
    LiveReport report = new LiveReport(load, fleet, results);
    System.out.print(report.text());
    report.write(out, commandLine());
    System.out.println("\nwritten to " + out);
    return results.stream().allMatch(LiveResult::clean) ? 0 : 1;
  }

  private List<LiveResult> run(Load load, Fleet fleet) throws Exception {
    Progress progress = new Progress(1 + policies.size());
    new LiveRun("lora-aware", DISCARDED, fleet).run(part -> progress.at(part, "JVM warm-up"));
    List<LiveResult> results = new ArrayList<>();
    for (String policy : policies) {
      int before = 1 + results.size();
      results.add(new LiveRun(policy, load, fleet).run(part -> progress.at(before + part, policy)));
    }
    return results;
  }

  private static void check(String policy) {
    List<String> known = Arrays.stream(RoutingPolicy.values()).map(RoutingPolicy::label).toList();
    if (!known.contains(policy)) {
      throw new IllegalArgumentException("no policy " + policy + "; known: " + known);
    }
  }

  private String commandLine() {
    List<String> args = Objects.requireNonNull(spec).commandLine().getParseResult().originalArgs();
    return "bench/run.sh routing " + String.join(" ", args);
  }
}
