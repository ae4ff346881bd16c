package dev.loragateway.bench.adapters;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.loragateway.bench.Commands;
import dev.loragateway.bench.Progress;
import dev.loragateway.bench.Scratch;
import dev.loragateway.bench.adapters.AdaptersResult.Requests;
import dev.loragateway.bench.footprint.Launcher;
import dev.loragateway.bench.overhead.OwnGateway;
import dev.loragateway.bench.process.Machines;
import dev.loragateway.bench.process.Ports;
import dev.loragateway.bench.process.ProcessTree;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench/run.sh adapters}: the control plane at work. Confined to one thread. */
@Command(
    name = "bench/run.sh adapters",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpWidth = 100,
    description = {
      "Starts a gateway as a user starts it, with a directory of adapters and simulated servers"
          + " that",
      "have none; measures how long it takes until all are ready, kills a server under load, and",
      "compares single loads with and without a server that answers nothing."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bench/run.sh adapters                             two minutes",
      "  bench/run.sh adapters --adapters 50 --out DIR     a trial",
      "",
      "Exit code: 0 = all bars met, 1 = not."
    })
public final class AdaptersCommand implements Callable<Integer> {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int CLIENTS = 8;
  private static final int ROUNDS = 3;
  private static final long PACE_MILLIS = 20;

  @Option(names = "--adapters", description = "How many (default: ${DEFAULT-VALUE}).")
  private int adapters = 500;

  @Option(names = "--endpoints", description = "How many (default: ${DEFAULT-VALUE}).")
  private int endpoints = 8;

  @Option(
      names = "--load-millis",
      description = "That a load takes at a server (default: ${DEFAULT-VALUE}).")
  private int loadMillis = 20;

  @Option(names = "--out", description = "Directory of the reports (default: ${DEFAULT-VALUE}).")
  private Path out = Path.of("bench/results/adapters");

  @Spec private @Nullable CommandSpec spec;

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  public static void main(String[] args) {
    ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.OFF);
    Commands.main(new AdaptersCommand(), args);
  }

  @Override
  public Integer call() throws Exception {
    if (adapters < 1 || endpoints < 2 || loadMillis < 1) {
      throw new IllegalArgumentException(
          "expected: --adapters >= 1, --endpoints >= 2, --load-millis >= 1");
    }
    try (Scratch scratch = Scratch.make("adapters")) {
      AdaptersResult result = run(scratch.directory());
      AdaptersReport report = new AdaptersReport(result);
      report.write(out);
      System.out.print(report.text());
      return result.good() ? 0 : 1;
    }
  }

  private AdaptersResult run(Path scratch) throws Exception {
    Path root = Path.of(Objects.requireNonNull(System.getProperty("bench.root")));
    Path files = scratch.resolve("files");
    Servers.write(files, adapters);
    int port = Ports.free();
    int admin = Ports.free();
    try (Servers servers = new Servers(endpoints, adapters, loadMillis)) {
      String config =
          """
          listen: 127.0.0.1:%d
          admin: { listen: 127.0.0.1:%d }
          pools: [ { name: pool, baseModel: base, endpoints: [ %s ] } ]
          adapters: { directory: { path: %s, baseModel: base, replicas: 1 } }
          drain: { delay: 0s }
          """
              .formatted(port, admin, servers.urls(), files);
      Progress progress = new Progress(3 + 2 * ROUNDS);
      long began = System.nanoTime();
      ProcessTree tree = Launcher.serve(root, scratch, config, admin);
      try {
        awaitReady(admin);
        double ready = since(began);
        progress.add(1);
        Requests first = first(port);
        progress.add(1);
        AtomicInteger sent = new AtomicInteger();
        AtomicInteger failed = new AtomicInteger();
        double failover;
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
          for (int i = 0; i < CLIENTS; i++) {
            Random random = new Random(i);
            clients.execute(() -> ask(port, random, sent, failed));
          }
          Thread.sleep(1000);
          long death = System.nanoTime();
          servers.all().getFirst().close();
          awaitLoss(admin);
          awaitReady(admin);
          failover = since(death);
          Thread.sleep(1000);
          clients.shutdownNow();
        }
        progress.add(1);
        double[] loads = loads(files, progress);
        return new AdaptersResult(
            Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
            Commands.line(Objects.requireNonNull(spec)),
            Machines.here(),
            OwnGateway.versionOf(root),
            adapters,
            endpoints,
            loadMillis,
            ready,
            first,
            failover,
            new Requests(sent.get(), failed.get()),
            loads[0],
            loads[1]);
      } finally {
        tree.end();
      }
    }
  }

  private static double since(long began) {
    return (System.nanoTime() - began) / 1e9;
  }

  /** 99th percentiles of the loads, usually and while one endpoint hangs; in turns. */
  private double[] loads(Path files, Progress progress) throws InterruptedException {
    LoadTimes times =
        new LoadTimes(files, endpoints, Math.min(adapters, 20 * endpoints), loadMillis);
    List<Double> usual = new ArrayList<>();
    List<Double> beside = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      usual.addAll(times.measure(false));
      progress.add(1);
      beside.addAll(times.measure(true));
      progress.add(1);
    }
    return new double[] {p99(usual), p99(beside)};
  }

  private static double p99(List<Double> millis) {
    List<Double> sorted = millis.stream().sorted().toList();
    return sorted.get(sorted.size() * 99 / 100);
  }

  private Requests first(int port) throws InterruptedException {
    int failed = 0;
    for (int i = 0; i < adapters; i++) {
      failed += answered(port, Servers.name(i)) ? 0 : 1;
    }
    return new Requests(adapters, failed);
  }

  private void ask(int port, Random random, AtomicInteger sent, AtomicInteger failed) {
    try {
      while (true) {
        sent.incrementAndGet();
        if (!answered(port, Servers.name(random.nextInt(adapters)))) {
          failed.incrementAndGet();
        }
        Thread.sleep(PACE_MILLIS);
      }
    } catch (InterruptedException e) {
      sent.decrementAndGet();
    }
  }

  private boolean answered(int port, String model) throws InterruptedException {
    String body =
        "{\"model\":\"%s\",\"max_tokens\":2,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"
            .formatted(model);
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
            .timeout(PATIENCE)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build();
    try {
      return http.send(request, BodyHandlers.ofString()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  private void awaitReady(int admin) throws IOException, InterruptedException {
    await(admin, adapters);
  }

  /** Until the gateway has noticed that some are not ready any more, or for a moment. */
  private void awaitLoss(int admin) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    while (ready(admin) == adapters && System.nanoTime() < deadline) {
      Thread.sleep(PACE_MILLIS);
    }
  }

  private void await(int admin, int wanted) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (ready(admin) < wanted) {
      if (System.nanoTime() > deadline) {
        throw new IOException("only " + ready(admin) + " adapters are ready");
      }
      Thread.sleep(PACE_MILLIS);
    }
  }

  private int ready(int admin) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin + "/api/adapters")).build();
    JsonNode answer = JSON.readTree(http.send(request, BodyHandlers.ofString()).body());
    int ready = 0;
    for (JsonNode adapter : answer.path("adapters")) {
      ready += adapter.path("phase").asText().equalsIgnoreCase("READY") ? 1 : 0;
    }
    return ready;
  }
}
