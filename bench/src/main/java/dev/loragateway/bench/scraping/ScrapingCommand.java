package dev.loragateway.bench.scraping;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.loragateway.bench.Commands;
import dev.loragateway.bench.Progress;
import dev.loragateway.bench.process.JavaProgram;
import dev.loragateway.bench.process.Machines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench/run.sh scraping}: what scraping costs the gateway. Confined to one thread. */
@Command(
    name = "bench/run.sh scraping",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpWidth = 100,
    description = {
      "Measures what scraping costs the gateway: a real one in front of a process that stands in"
          + " for",
      "many vLLM servers with their real metrics pages, first with requests running at all of"
          + " them,",
      "then idle, in turns. CPU time and allocation are those of the gateway's process."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bench/run.sh scraping                                       100 endpoints at 5 Hz, 90 s",
      "  bench/run.sh scraping --endpoints 1000 --interval 500ms",
      "  bench/run.sh scraping --gateway-java -XX:+UseSerialGC --out DIR",
      "",
      "Exit code: 0 = measured, whether the bars are met or not."
    })
public final class ScrapingCommand implements Callable<Integer> {
  /** Until endpoints whose pages changed are scraped accordingly. */
  private static final Duration SETTLING = Duration.ofSeconds(3);

  @Option(names = "--endpoints", description = "To scrape (default: ${DEFAULT-VALUE}).")
  private int endpoints = 100;

  @Option(
      names = "--interval",
      description = "Of the scrapes of a busy endpoint (default: ${DEFAULT-VALUE}).")
  private String interval = "200ms";

  @Option(names = "--duration", description = "Seconds of a round (default: ${DEFAULT-VALUE}).")
  private int duration = 8;

  @Option(
      names = "--rounds",
      description = "Busy and idle ones, of each (default: ${DEFAULT-VALUE}).")
  private int rounds = 3;

  @Option(
      names = "--warm-up",
      description = "Seconds before the first round (default: ${DEFAULT-VALUE}).")
  private int warmUp = 20;

  @Option(
      names = "--gateway-java",
      paramLabel = "OPTIONS",
      description = "Options of the gateway's JVM, to profile it.")
  private String gatewayOptions = "";

  @Option(names = "--out", description = "Directory of the reports (default: ${DEFAULT-VALUE}).")
  private Path out = Path.of("bench/results/scraping");

  @Spec private @Nullable CommandSpec spec;

  public static void main(String[] args) {
    ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
    Commands.main(new ScrapingCommand(), args);
  }

  @Override
  public Integer call() throws Exception {
    Path directory = Files.createTempDirectory("scraping");
    try (JavaProgram stub =
            JavaProgram.start(
                UnaryOperator.identity(), PageStub.class, Integer.toString(endpoints));
        ScrapedGateway gateway =
            ScrapedGateway.start(
                Path.of(Objects.requireNonNull(System.getProperty("bench.root"))),
                directory,
                Arrays.stream(stub.greeting().split(" ")).map(Integer::valueOf).toList(),
                interval,
                gatewayOptions)) {
      ScrapingReport report = new ScrapingReport(measured(stub, gateway));
      System.out.print(report.text());
      report.write(out);
      System.out.println("\nwritten to " + out);
      return 0;
    } finally {
      Files.deleteIfExists(directory.resolve("gateway.yaml"));
      Files.deleteIfExists(directory.resolve("output.log"));
      Files.delete(directory);
    }
  }

  private ScrapingResult measured(JavaProgram stub, ScrapedGateway gateway)
      throws IOException, InterruptedException {
    double round = SETTLING.toSeconds() + (double) duration;
    Progress progress = new Progress(warmUp + 2 * rounds * round);
    stub.tell(PageStub.BUSY);
    Thread.sleep(Duration.ofSeconds(warmUp));
    progress.add(warmUp);
    List<Cost> busy = new ArrayList<>();
    List<Cost> idle = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      busy.add(round(stub, PageStub.BUSY, gateway));
      progress.add(round);
      idle.add(round(stub, PageStub.IDLE, gateway));
      progress.add(round);
    }
    return new ScrapingResult(
        commandLine(),
        Machines.here(),
        endpoints,
        interval,
        duration,
        busy,
        idle,
        gateway.tree().rssMib());
  }

  private Cost round(JavaProgram stub, String state, ScrapedGateway gateway)
      throws IOException, InterruptedException {
    stub.tell(state);
    Thread.sleep(SETTLING);
    Usage before = gateway.usage();
    Thread.sleep(Duration.ofSeconds(duration));
    return gateway.usage().since(before);
  }

  private String commandLine() {
    List<String> args = Objects.requireNonNull(spec).commandLine().getParseResult().originalArgs();
    return ("bench/run.sh scraping " + String.join(" ", args)).strip();
  }
}
