package dev.loragateway.bench.chaos;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.loragateway.bench.Commands;
import dev.loragateway.bench.Progress;
import dev.loragateway.bench.Scratch;
import dev.loragateway.bench.chaos.ChaosResult.Held;
import dev.loragateway.bench.footprint.Launcher;
import dev.loragateway.bench.overhead.OwnGateway;
import dev.loragateway.bench.process.Ports;
import dev.loragateway.bench.process.ProcessTree;
import dev.loragateway.bench.process.Shell;
import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench/run.sh chaos}: a soak with servers that misbehave. Confined to one thread. */
@Command(
    name = "bench/run.sh chaos",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpWidth = 100,
    description = {
      "Sends requests through a gateway, as a user starts it, to simulated servers that die, hang,",
      "reset, cut off, fail, are slow and lie in their metrics, at random by a seed. Every request",
      "must end in a whole answer, an error before its first byte, or an error event; the"
          + " gateway's",
      "memory and descriptors must not grow, and nothing may be left over in it."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bench/run.sh chaos                              ten minutes",
      "  bench/run.sh chaos --seconds 60 --out DIR       a trial",
      "",
      "Exit code: 0 = every request ended honestly and nothing was left over, 1 = not."
    })
public final class ChaosCommand implements Callable<Integer> {
  private static final int ADAPTERS = 24;
  private static final int TURN_MILLIS = 100;
  private static final int TURNS_BETWEEN_SAMPLES = 50;

  /** Looks at what is live in the heap, each of which collects it. */
  private static final int COLLECTIONS = 10;

  private static final Duration TOKEN_TIME = Duration.ofMillis(4);
  private static final int MAX_TOKENS = 40;

  /** Of a hundred requests, those that are streams, and those whose client leaves. */
  private static final int STREAMS = 60;

  private static final int LEAVERS = 5;

  @Option(names = "--seconds", description = "How long (default: ${DEFAULT-VALUE}).")
  private int seconds = 600;

  @Option(names = "--rate", description = "Requests per second (default: ${DEFAULT-VALUE}).")
  private int rate = 200;

  @Option(names = "--servers", description = "At least 3 (default: ${DEFAULT-VALUE}).")
  private int servers = 8;

  @Option(names = "--seed", description = "Of faults and requests (default: ${DEFAULT-VALUE}).")
  private long seed = 1;

  @Option(names = "--out", description = "Directory of the reports (default: ${DEFAULT-VALUE}).")
  private Path out = Path.of("bench/results/chaos");

  @Spec private @Nullable CommandSpec spec;

  private final Map<Outcome, LongAdder> outcomes = new ConcurrentHashMap<>();

  public static void main(String[] args) {
    ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.OFF);
    Commands.main(new ChaosCommand(), args);
  }

  @Override
  public Integer call() throws Exception {
    if (seconds < 1 || rate < 1 || servers < 3) {
      throw new IllegalArgumentException("expected: --seconds, --rate >= 1, --servers >= 3");
    }
    List<SimulatedServer> fleet = new ArrayList<>();
    try (Scratch scratch = Scratch.make("chaos")) {
      for (int i = 0; i < servers; i++) {
        fleet.add(SimulatedServer.start(settings()));
      }
      ChaosResult result = run(scratch.directory(), fleet);
      ChaosReport report = new ChaosReport(result);
      report.write(out);
      System.out.print(report.text());
      return result.good() ? 0 : 1;
    } finally {
      fleet.forEach(SimulatedServer::close);
    }
  }

  private static SimSettings settings() {
    String[] adapters =
        IntStream.range(0, ADAPTERS).mapToObj(i -> "lora-" + i).toArray(String[]::new);
    return SimSettings.of("base", adapters).withSlots(4, 12).withTokenTime(TOKEN_TIME);
  }

  private ChaosResult run(Path directory, List<SimulatedServer> fleet)
      throws IOException, InterruptedException {
    Path root = Path.of(Objects.requireNonNull(System.getProperty("bench.root")));
    int port = Ports.free();
    int admin = Ports.free();
    ProcessTree tree = Launcher.serve(root, directory, config(port, admin, fleet), admin);
    try {
      ChaosMonkey monkey = new ChaosMonkey(fleet, ADAPTERS, seed);
      List<Held> samples = load(port, tree, monkey);
      return new ChaosResult(
          Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
          Commands.line(Objects.requireNonNull(spec)),
          OwnGateway.versionOf(root),
          counted(),
          monkey.done(),
          monkey.lost(),
          samples,
          left(admin));
    } finally {
      tree.end();
    }
  }

  private static String config(int port, int admin, List<SimulatedServer> fleet) {
    String endpoints =
        fleet.stream()
            .map(server -> "\"http://" + server.address() + "\"")
            .collect(Collectors.joining(", "));
    return """
    listen: 127.0.0.1:%d
    admin: { listen: 127.0.0.1:%d }
    pools:
      - name: chaos
        baseModel: base
        endpoints: [ %s ]
        queue: { timeout: 5s }
    timeouts: { connect: 500ms, firstByte: 5s, idle: 5s, total: 20s }
    drain: { delay: 0s }
    """
        .formatted(port, admin, endpoints);
  }

  private List<Held> load(int port, ProcessTree gateway, ChaosMonkey monkey)
      throws InterruptedException {
    SplittableRandom random = new SplittableRandom(~seed);
    ChaosClient client = new ChaosClient(port);
    Progress progress = new Progress(seconds);
    List<Held> samples = new ArrayList<>();
    int turnsBetweenCollections =
        Math.max(1, seconds * 1000 / TURN_MILLIS / COLLECTIONS / TURNS_BETWEEN_SAMPLES)
            * TURNS_BETWEEN_SAMPLES;
    long began = System.nanoTime();
    try (ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int turn = 0; turn < seconds * 1000 / TURN_MILLIS; turn++) {
        for (int i = 0; i < rate * TURN_MILLIS / 1000; i++) {
          send(requests, client, random);
        }
        monkey.turn(System.nanoTime());
        if (turn % TURNS_BETWEEN_SAMPLES == 0) {
          samples.add(held(gateway, began, turn % turnsBetweenCollections == 0));
        }
        progress.add(TURN_MILLIS / 1e3);
        TimeUnit.NANOSECONDS.sleep(
            began + (turn + 1) * TURN_MILLIS * 1_000_000L - System.nanoTime());
      }
      monkey.end();
    }
    samples.add(held(gateway, began, true));
    return samples;
  }

  private void send(ExecutorService requests, ChaosClient client, SplittableRandom random) {
    int adapter = random.nextInt(ADAPTERS + 1);
    String model = adapter == ADAPTERS ? "base" : "lora-" + adapter;
    boolean stream = random.nextInt(100) < STREAMS;
    int tokens = 1 + random.nextInt(MAX_TOKENS);
    int leaveAfter = random.nextInt(100) < LEAVERS ? random.nextInt(5) : -1;
    requests.submit(
        () -> {
          Outcome outcome = client.send(model, stream, tokens, leaveAfter);
          outcomes.computeIfAbsent(outcome, any -> new LongAdder()).increment();
        });
  }

  private static Held held(ProcessTree gateway, long began, boolean collect)
      throws InterruptedException {
    return new Held(
        (System.nanoTime() - began) / 1e9,
        gateway.rssMib(),
        gateway.descriptors(),
        collect ? liveMib(gateway) : Double.NaN);
  }

  /** The last line of a class histogram counts all that is live: the JVM collects before it. */
  private static double liveMib(ProcessTree gateway) throws InterruptedException {
    String java = gateway.root().info().command().orElse("java");
    try {
      String histogram =
          Shell.output(
              Path.of(java).resolveSibling("jcmd").toString(),
              Long.toString(gateway.root().pid()),
              "GC.class_histogram");
      String[] total = histogram.strip().lines().reduce((a, b) -> b).orElse("").split("\\s+");
      return Long.parseLong(total[total.length - 1]) / (double) (1 << 20);
    } catch (IOException e) {
      return Double.NaN;
    }
  }

  private Map<Outcome, Long> counted() {
    Map<Outcome, Long> counts = new EnumMap<>(Outcome.class);
    outcomes.forEach((outcome, count) -> counts.put(outcome, count.sum()));
    return counts;
  }

  /**
   * Clients have all their answers, so that nothing is under way; the last end may be a moment off.
   */
  private static List<String> left(int admin) throws IOException, InterruptedException {
    List<String> left = List.of();
    try (HttpClient http = HttpClient.newHttpClient()) {
      for (int attempt = 0; attempt < 50; attempt++) {
        String page =
            http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin + "/metrics"))
                        .build(),
                    BodyHandlers.ofString())
                .body();
        left =
            page.lines()
                .filter(
                    line ->
                        line.startsWith("lora_gateway_requests_in_flight{")
                            || line.startsWith("lora_gateway_queue_depth{")
                            || line.startsWith("lora_gateway_connections ")
                            || line.startsWith("lora_gateway_buffered_bytes "))
                .filter(line -> !line.endsWith(" 0.0"))
                .toList();
        if (left.isEmpty()) {
          return left;
        }
        Thread.sleep(200);
      }
    }
    return left;
  }
}
