package dev.loragateway.bench.overhead;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.loragateway.bench.Commands;
import dev.loragateway.bench.Progress;
import dev.loragateway.bench.Scratch;
import dev.loragateway.bench.process.Ports;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench/run.sh scaling}: what a second event loop brings. Confined to one thread. */
@Command(
    name = "bench/run.sh scaling",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpWidth = 100,
    description = {
      "Compares the gateway on one event loop and one core with itself on two of each, in turns.",
      "With four cores or more, wrk and the stub have the others, and rates are compared. With",
      "fewer all share them, and what is compared is the processor time for a request: two loops",
      "can do twice what one does, less what each request costs more."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bench/run.sh scaling               a minute",
      "  bench/run.sh scaling --cases sse   streams",
      "",
      "Exit code: 0 = every request was answered, 1 = not."
    })
public final class ScalingCommand implements Callable<Integer> {
  private static final int WARM_UP = 100_000;
  private static final int CORES_TO_MEASURE_RATES = 4;

  @Option(
      names = "--cases",
      split = ",",
      paramLabel = "CASE",
      description = "Of chat-1k, chat-24k, chat-300k, sse (default: ${DEFAULT-VALUE}).")
  private List<String> cases = List.of("chat-1k");

  @Option(names = "--rounds", description = "Turns of each (default: ${DEFAULT-VALUE}).")
  private int rounds = 5;

  @Option(names = "--duration", description = "Seconds of a turn (default: ${DEFAULT-VALUE}).")
  private int duration = 3;

  @Option(
      names = "--gateway-java",
      paramLabel = "OPTIONS",
      description = "Options of the gateway's JVM, to profile it.")
  private String gatewayOptions = "";

  @Option(names = "--out", description = "Directory of the reports (default: ${DEFAULT-VALUE}).")
  private Path out = Path.of("bench/results/scaling");

  @Spec private @Nullable CommandSpec spec;

  public static void main(String[] args) {
    ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
    Commands.main(new ScalingCommand(), args);
  }

  @Override
  public Integer call() throws Exception {
    if (cases.contains(Case.STREAMS.label())) {
      throw new IllegalArgumentException("--cases: streams (expected: a case with requests)");
    }
    int count = Runtime.getRuntime().availableProcessors();
    boolean rates = count >= CORES_TO_MEASURE_RATES;
    String load = rates ? "2-" + (count - 1) : Cores.shared().load();
    Cores one = new Cores("0", load);
    Cores two = new Cores("0-1", load);
    Settings settings = new Settings(rounds, duration, WARM_UP, 1, 1);
    Path root = Path.of(Objects.requireNonNull(System.getProperty("bench.root")));
    OwnGateway single = new OwnGateway(ScalingReport.ONE, 1, root, gatewayOptions);
    OwnGateway twin = new OwnGateway(ScalingReport.TWO, 2, root, gatewayOptions);
    Map<String, String> versions = new LinkedHashMap<>();
    List.of(single, twin).forEach(proxy -> versions.put(proxy.name(), proxy.setting()));
    Installer.debian("wrk", "wrk");
    try (Scratch scratch = Scratch.make("scaling");
        StubProcess stub = StubProcess.start(one, rates ? 2 : 1);
        Streams unused = new Streams(1, 1)) {
      List<Contender> contenders =
          List.of(
              start(single, scratch.directory().resolve("1"), stub, one),
              start(twin, scratch.directory().resolve("2"), stub, two));
      Progress progress = new Progress((double) cases.size() * rounds * contenders.size());
      Comparison comparison =
          new Comparison(
              contenders,
              settings,
              Wrk.in(scratch.directory(), one, rates ? 2 : 1),
              unused,
              name -> progress.add(1));
      ScalingReport report = new ScalingReport(rates, List.of());
      for (String name : cases) {
        report =
            report.and(
                new CaseResult(
                    name,
                    Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                    Commands.line(Objects.requireNonNull(spec)),
                    Machine.here(count, two.text() + " (one loop: core 0)"),
                    settings,
                    versions,
                    Map.of(),
                    comparison.run(Case.of(name))));
      }
      contenders.forEach(Contender::end);
      report.write(out);
      System.out.print(report.text());
      return report.failed() == 0 ? 0 : 1;
    }
  }

  private static Contender start(OwnGateway gateway, Path directory, StubProcess stub, Cores cores)
      throws Exception {
    Site site = new Site(directory, Ports.free(), stub.servers(), stub.others());
    Contender contender = Contender.start(gateway, site, cores);
    contender.pause();
    return contender;
  }
}
