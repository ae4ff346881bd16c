package dev.loragateway.bench.overhead;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.loragateway.bench.Commands;
import dev.loragateway.bench.Progress;
import dev.loragateway.bench.Scratch;
import dev.loragateway.bench.process.Ports;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
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

/** {@code bench/run.sh overhead}: what a request costs in each proxy. Confined to one thread. */
@Command(
    name = "bench/run.sh overhead",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpWidth = 100,
    description = {
      "Measures what a request through a proxy costs: this gateway, nginx, HAProxy, Envoy, the"
          + " vLLM",
      "and SGLang projects' routers and LiteLLM, each on one thread on one core, in turns, in"
          + " front",
      "of one stub that answers at once. Installs those that are missing. What holds on a noisy",
      "machine is the processor time for a request, and the ratios within one run. A case that is",
      "measured again replaces the former one in the report; the others stay."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bench/run.sh overhead                                  all, about 16 minutes",
      "  bench/run.sh overhead --cases sse                      one case, 3 minutes",
      "  bench/run.sh overhead --only nginx,gateway --rounds 5  two proxies, more rounds",
      "  bench/run.sh overhead --only gateway --cases chat-1k --duration 1 --rounds 1 --out DIR",
      "",
      "Exit code: 0 = every request was answered, 1 = not, by the gateway."
    })
public final class OverheadCommand implements Callable<Integer> {
  private static final double START_SECONDS = 5;

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "NAME",
      description =
          "Proxies, of nginx, haproxy, envoy, vllm-router, sglang-router, litellm, gateway.")
  private List<String> only = List.of();

  @Option(
      names = "--cases",
      split = ",",
      paramLabel = "CASE",
      description = "Of chat-1k, chat-24k, chat-300k, sse, streams (default: all).")
  private List<String> cases = Case.labels();

  @Option(names = "--rounds", description = "Turns of each proxy (default: ${DEFAULT-VALUE}).")
  private int rounds = 3;

  @Option(
      names = "--duration",
      description =
          "Seconds of a turn at 32 connections; half as many at one (default: ${DEFAULT-VALUE}).")
  private int duration = 3;

  @Option(
      names = "--warm-up",
      description =
          "Requests to each proxy before a case's first turn, 8 s at most (default:"
              + " ${DEFAULT-VALUE}).")
  private int warmUp = 50_000;

  @Option(names = "--streams", description = "Paced streams at once (default: ${DEFAULT-VALUE}).")
  private int streams = 512;

  @Option(
      names = "--gateway-java",
      paramLabel = "OPTIONS",
      description = "Options of the gateway's JVM, to profile it.")
  private String gatewayOptions = "";

  @Option(names = "--out", description = "Directory of the reports (default: ${DEFAULT-VALUE}).")
  private Path out = Path.of("bench/results/overhead");

  @Spec private @Nullable CommandSpec spec;

  private final Map<String, String> skipped = new LinkedHashMap<>();
  private final Map<String, String> versions = new LinkedHashMap<>();

  public static void main(String[] args) {
    ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
    Commands.main(new OverheadCommand(), args);
  }

  @Override
  public Integer call() throws Exception {
    Settings settings = new Settings(rounds, duration, warmUp, streams, 5);
    List<Case> chosen = cases.stream().map(Case::of).toList();
    int count = Runtime.getRuntime().availableProcessors();
    Cores cores = Cores.ofMachine();
    Machine machine = Machine.here(count, cores.text());
    List<Proxy> proxies = installed();
    cores.moveThisProgram();
    List<CaseResult> results = new ArrayList<>();
    try (Scratch scratch = Scratch.make("overhead");
        StubProcess stub = StubProcess.start(cores, 1);
        Streams clients = new Streams(settings.streams(), settings.streamSeconds())) {
      List<Contender> contenders = started(proxies, stub, scratch.directory(), cores);
      double turn = settings.seconds() + settings.secondsAtOne() + 2.0;
      double perProxy = turn * rounds + Settings.LONGEST_WARM_UP.toSeconds() / 2.0;
      Progress progress = new Progress(perProxy * chosen.size() * contenders.size());
      double[] done = {0};
      Comparison comparison =
          new Comparison(
              contenders,
              settings,
              Wrk.in(scratch.directory(), cores, 1),
              clients,
              name -> {
                progress.at(done[0], name);
                done[0] += perProxy / rounds;
              });
      for (Case sent : chosen) {
        List<Turn> turns = comparison.run(sent);
        results.add(
            new CaseResult(
                sent.label(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                Commands.line(Objects.requireNonNull(spec)),
                machine,
                settings,
                versions,
                skipped,
                turns));
        OverheadReport.with(out, results).write(out);
      }
      progress.at(done[0], "done");
      contenders.forEach(Contender::end);
    }
    System.out.print(OverheadReport.of(results).text());
    System.out.println("\nwritten to " + out);
    return results.stream().allMatch(r -> r.sum(OwnGateway.NAME, Figure.FAILED) == 0) ? 0 : 1;
  }

  /** The chosen proxies that are there or could be installed. */
  private List<Proxy> installed() throws IOException, InterruptedException {
    Installer.debian("wrk", "wrk");
    List<Proxy> installed = new ArrayList<>();
    for (Proxy proxy : chosen()) {
      try {
        proxy.install();
        versions.put(proxy.name(), proxy.version() + ", " + proxy.setting());
        installed.add(proxy);
      } catch (IOException e) {
        skip(proxy, e);
      }
    }
    return installed;
  }

  private List<Proxy> chosen() {
    Path root = Path.of(Objects.requireNonNull(System.getProperty("bench.root")));
    List<Proxy> all =
        List.of(
            new Nginx(),
            new Haproxy(),
            new Envoy(),
            RustRouter.vllm(),
            RustRouter.sglang(),
            new LiteLlm(),
            OwnGateway.onOneLoop(root, gatewayOptions));
    List<String> names = all.stream().map(Proxy::name).toList();
    for (String name : only) {
      if (!names.contains(name)) {
        throw new IllegalArgumentException("no proxy " + name + "; known: " + names);
      }
    }
    return all.stream().filter(p -> only.isEmpty() || only.contains(p.name())).toList();
  }

  private List<Contender> started(
      List<Proxy> proxies, StubProcess stub, Path directory, Cores cores)
      throws IOException, InterruptedException {
    List<Contender> started = new ArrayList<>();
    started.add(Contender.direct(stub.servers().getFirst(), OwnGateway.adapters()));
    Progress progress = new Progress(START_SECONDS * proxies.size());
    for (Proxy proxy : proxies) {
      progress.at(START_SECONDS * (started.size() - 1), "start " + proxy.name());
      Site site =
          new Site(directory.resolve(proxy.name()), Ports.free(), stub.servers(), stub.others());
      try {
        Contender contender = Contender.start(proxy, site, cores);
        contender.pause();
        started.add(contender);
      } catch (IOException e) {
        skip(proxy, e);
      }
    }
    progress.at(START_SECONDS * proxies.size(), "started");
    return started;
  }

  private void skip(Proxy proxy, IOException why) {
    String message = Objects.requireNonNullElse(why.getMessage(), why.toString());
    System.err.println("\nskipped: " + proxy.name() + ": " + message);
    versions.remove(proxy.name());
    skipped.put(proxy.name(), message.lines().findFirst().orElse(""));
  }
}
