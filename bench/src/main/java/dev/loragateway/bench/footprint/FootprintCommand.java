package dev.loragateway.bench.footprint;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.loragateway.bench.Commands;
import dev.loragateway.bench.Progress;
import dev.loragateway.bench.Scratch;
import dev.loragateway.bench.overhead.Cores;
import dev.loragateway.bench.overhead.Machine;
import dev.loragateway.bench.overhead.OwnGateway;
import dev.loragateway.bench.overhead.Site;
import dev.loragateway.bench.overhead.StubProcess;
import dev.loragateway.bench.process.Ports;
import dev.loragateway.bench.process.ProcessTree;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench/run.sh footprint}: start and memory. Confined to one thread. */
@Command(
    name = "bench/run.sh footprint",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpWidth = 100,
    description = {
      "Measures the gateway as a user starts it, in front of a stub: how long until it is ready,",
      "what memory it holds without requests, and over time at a constant rate of them, one of",
      "five a stream."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bench/run.sh footprint                                 half an hour",
      "  bench/run.sh footprint --duration 2m --out DIR         a trial",
      "  bench/run.sh footprint --gateway-java \"-Xms512m\"       with other options",
      "",
      "Exit code: 0 = every request was answered, 1 = not."
    })
public final class FootprintCommand implements Callable<Integer> {
  private static final Duration IDLE = Duration.ofSeconds(30);
  private static final Duration BETWEEN_SAMPLES = Duration.ofSeconds(10);
  private static final Duration SHORTEST = Duration.ofMinutes(1);

  @Option(
      names = "--duration",
      paramLabel = "TIME",
      description = "How long requests come, as 90s or 30m (default: ${DEFAULT-VALUE}).")
  private String duration = "30m";

  @Option(names = "--rate", description = "Requests per second (default: ${DEFAULT-VALUE}).")
  private int rate = 1_000;

  @Option(names = "--starts", description = "Starts that are timed (default: ${DEFAULT-VALUE}).")
  private int starts = 5;

  @Option(
      names = "--gateway-java",
      paramLabel = "OPTIONS",
      description = "JAVA_OPTS of the gateway.")
  private String gatewayOptions = "";

  @Option(names = "--out", description = "Directory of the reports (default: ${DEFAULT-VALUE}).")
  private Path out = Path.of("bench/results/footprint");

  @Spec private @Nullable CommandSpec spec;

  public static void main(String[] args) {
    ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
    Commands.main(new FootprintCommand(), args);
  }

  @Override
  public Integer call() throws Exception {
    Duration lasting = parsed();
    Path root = Path.of(Objects.requireNonNull(System.getProperty("bench.root")));
    Progress progress = new Progress(starts + 1.0 + IDLE.toSeconds() + lasting.toSeconds());
    try (Scratch scratch = Scratch.make("footprint");
        StubProcess stub = StubProcess.start(Cores.shared(), 1)) {
      Site site = new Site(scratch.directory(), Ports.free(), stub.servers(), stub.others());
      Launcher launcher = new Launcher(root, site, gatewayOptions);
      FootprintResult result = measured(launcher, lasting, progress);
      FootprintReport report = new FootprintReport(result);
      report.write(out);
      System.out.print(report.text());
      return result.failed() == 0 ? 0 : 1;
    }
  }

  private Duration parsed() {
    try {
      Duration parsed = Duration.parse("PT" + duration.toUpperCase(Locale.ROOT));
      if (parsed.compareTo(SHORTEST) >= 0 && rate > 0 && starts > 0) {
        return parsed;
      }
    } catch (java.time.format.DateTimeParseException e) {
      throw new IllegalArgumentException(
          "--duration: " + duration + " (expected: as 90s or 30m)", e);
    }
    throw new IllegalArgumentException(
        "expected: --duration >= %ds, --rate and --starts >= 1".formatted(SHORTEST.toSeconds()));
  }

  private FootprintResult measured(Launcher launcher, Duration lasting, Progress progress)
      throws IOException, InterruptedException {
    List<Long> millis = starts(launcher, progress);
    ProcessTree tree = launcher.start().tree();
    long pid = tree.root().pid();
    Thread.sleep(IDLE);
    progress.at(starts + 1.0 + IDLE.toSeconds(), "load");
    Sample idle = Sample.of(pid, 0);
    List<Sample> samples = new ArrayList<>();
    try (SteadyLoad load = new SteadyLoad(launcher.site().port(), OwnGateway.adapters(), rate)) {
      load.start();
      long began = System.nanoTime();
      for (long at = BETWEEN_SAMPLES.toNanos();
          at <= lasting.toNanos();
          at += BETWEEN_SAMPLES.toNanos()) {
        TimeUnit.NANOSECONDS.sleep(began + at - System.nanoTime());
        samples.add(Sample.of(pid, at / 1e9));
        progress.add(BETWEEN_SAMPLES.toSeconds());
      }
      load.stop();
      tree.end();
      return new FootprintResult(
          Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
          Commands.line(Objects.requireNonNull(spec)),
          Machine.here(Runtime.getRuntime().availableProcessors(), "nothing pinned"),
          OwnGateway.versionOf(launcher.root()),
          gatewayOptions,
          millis,
          idle,
          rate,
          load.answered(),
          load.failed(),
          samples);
    }
  }

  /** The first start is not timed: it may build, and make the AOT cache. */
  private List<Long> starts(Launcher launcher, Progress progress)
      throws IOException, InterruptedException {
    List<Long> millis = new ArrayList<>();
    for (int i = 0; i <= starts; i++) {
      progress.at(i, "starts");
      Launcher.Started started = launcher.start();
      started.tree().end();
      if (i > 0) {
        millis.add(started.millis());
      }
    }
    return millis;
  }
}
