package dev.loragateway.bench.siege;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.loragateway.bench.Commands;
import dev.loragateway.bench.Progress;
import dev.loragateway.bench.Scratch;
import dev.loragateway.bench.footprint.Launcher;
import dev.loragateway.bench.overhead.OwnGateway;
import dev.loragateway.bench.process.Machines;
import dev.loragateway.bench.process.Ports;
import dev.loragateway.bench.process.ProcessTree;
import dev.loragateway.bench.siege.SiegeResult.Phase;
import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench/run.sh siege}: clients that hold what they can. Confined to one thread. */
@Command(
    name = "bench/run.sh siege",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpWidth = 100,
    description = {
      "Lets clients besiege a gateway that is started as a user starts it: idle connections, slow",
      "headers and slow bodies (slowhttptest), and streams that nobody reads; and measures what a",
      "well-behaved client feels of them, and what the gateway holds."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bench/run.sh siege                      two minutes",
      "  bench/run.sh siege --seconds 3 --out DIR    a trial",
      "",
      "Exit code: 0 = all others were served at most a fifth slower, 1 = not."
    })
public final class SiegeCommand implements Callable<Integer> {
  /** More than the buffers on the way hold. */
  private static final int STREAM_TOKENS = 100_000;

  private static final int PATIENCE_SECONDS = 30;

  /** Of a core, beside scraping. */
  private static final double CALM = 0.1;

  @Option(
      names = "--seconds",
      description = "Of each measurement; there are eleven (default: ${DEFAULT-VALUE}).")
  private int seconds = 10;

  @Option(names = "--idle", description = "Idle connections (default: ${DEFAULT-VALUE}).")
  private int idle = 10_000;

  @Option(
      names = "--slow",
      description = "Slow connections of each kind (default: ${DEFAULT-VALUE}).")
  private int slow = 1_000;

  @Option(names = "--out", description = "Directory of the reports (default: ${DEFAULT-VALUE}).")
  private Path out = Path.of("bench/results/siege");

  @Spec private @Nullable CommandSpec spec;

  private interface Besiegers {
    AutoCloseable come() throws Exception;
  }

  /** One kind of client. */
  private record Siege(String name, int connections, Besiegers besiegers) {}

  public static void main(String[] args) {
    ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.OFF);
    Commands.main(new SiegeCommand(), args);
  }

  @Override
  public Integer call() throws Exception {
    if (seconds < 1 || idle < 1 || slow < 2) {
      throw new IllegalArgumentException("expected: --seconds, --idle >= 1, --slow >= 2");
    }
    SlowHttpTest.install();
    try (Scratch scratch = Scratch.make("siege");
        SimulatedServer besieged = SimulatedServer.start(serving("base"));
        SimulatedServer other = SimulatedServer.start(serving("other"))) {
      SiegeResult result = run(scratch.directory(), besieged, other);
      SiegeReport report = new SiegeReport(result);
      report.write(out);
      System.out.print(report.text());
      return result.good() ? 0 : 1;
    }
  }

  private static SimSettings serving(String model) {
    return SimSettings.of(model).withTimeScale(0).withMaxModelLen(STREAM_TOKENS * 2);
  }

  /** Streams that nobody reads hold the places of their server, so that others have their own. */
  private SiegeResult run(Path directory, SimulatedServer besieged, SimulatedServer other)
      throws Exception {
    Path root = Path.of(Objects.requireNonNull(System.getProperty("bench.root")));
    int port = Ports.free();
    int admin = Ports.free();
    String config =
        """
        listen: 127.0.0.1:%d
        admin: { listen: 127.0.0.1:%d }
        pools:
          - { name: besieged, baseModel: base, maxNumSeqs: 4096, endpoints: [ "http://%s" ] }
          - { name: others, baseModel: other, endpoints: [ "http://%s" ] }
        drain: { delay: 0s }
        """
            .formatted(port, admin, besieged.address(), other.address());
    ProcessTree tree = Launcher.serve(root, directory, config, admin);
    try {
      return new SiegeResult(
          Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
          Commands.line(Objects.requireNonNull(spec)),
          Machines.here(),
          OwnGateway.versionOf(root),
          phases(directory, port, tree));
    } finally {
      tree.end();
    }
  }

  private List<Phase> phases(Path directory, int port, ProcessTree gateway) throws Exception {
    String url = "http://127.0.0.1:" + port + "/v1/chat/completions";
    Path log = directory.resolve("slowhttptest.log");
    List<Siege> sieges =
        List.of(
            new Siege("are idle", idle, () -> new Crowd(port, idle, "")),
            new Siege(
                "send headers slowly",
                slow,
                () -> SlowHttpTest.start(log, url, slow, "-H", "-i", "2", "-t", "POST")),
            new Siege(
                "send wrong bodies slowly",
                slow,
                () -> SlowHttpTest.start(log, url, slow, "-B", "-i", "2", "-s", "8192")),
            new Siege("send half a body", slow, () -> new Crowd(port, slow, request(8192))),
            new Siege("do not read their streams", slow, () -> new Crowd(port, slow, request(0))));
    Duration time = Duration.ofSeconds(seconds);
    Progress progress = new Progress((1 + 2 * sieges.size()) * seconds);
    List<Phase> phases = new ArrayList<>();
    try (Neighbours neighbours = new Neighbours(port)) {
      neighbours.send(time);
      progress.add(seconds);
      for (Siege siege : sieges) {
        Neighbours.Felt before = neighbours.send(time);
        progress.add(seconds);
        try (AutoCloseable there = siege.besiegers().come()) {
          Objects.requireNonNull(there);
          awaitCrowd(gateway, siege.connections());
          Neighbours.Felt during = neighbours.send(time);
          progress.add(seconds);
          phases.add(
              new Phase(
                  siege.name(),
                  siege.connections(),
                  before,
                  during,
                  gateway.rssMib(),
                  gateway.descriptors()));
        }
      }
    }
    return phases;
  }

  /** A request for a long stream, of which so many bytes are missing. */
  private static String request(int missing) {
    String body =
        "{\"model\":\"base\",\"stream\":true,\"max_tokens\":%d,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"
            .formatted(STREAM_TOKENS);
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: siege\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        .formatted(body.length() + missing, body);
  }

  /**
   * Until they are in and the gateway has little to do, or for a while: it may have thrown some out
   * again.
   */
  private static void awaitCrowd(ProcessTree gateway, int connections) throws InterruptedException {
    double before = gateway.cpuSeconds();
    for (int second = 0; second < PATIENCE_SECONDS; second++) {
      Thread.sleep(1000);
      double now = gateway.cpuSeconds();
      if (now - before < CALM && gateway.descriptors() >= connections) {
        return;
      }
      before = now;
    }
  }
}
