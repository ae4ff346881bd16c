import dev.loragateway.config.ConfigLoader;
import dev.loragateway.config.ConfigResult;
import dev.loragateway.server.Gateway;
import dev.loragateway.sim.SimRequest;
import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * The same skewed load on simulated servers under one policy after another: what routing by adapter
 * pays. Arrivals are an open loop (Poisson), so a slow policy cannot slow its load down; adapters are
 * drawn by Zipf's law. Whether a request found its adapter in a GPU slot is what the servers say.
 *
 * <pre>bench/routing.sh --rate 60 --seconds 30 tiered lora-aware</pre>
 */
final class Routing {
  private record Load(double rate, int seconds, int adapters, double skew, int tokens, long seed) {}

  private record Fleet(int servers, int slots, int cpuSlots, int seqs, boolean uneven) {}

  private record Result(String policy, double[] firstToken, int failed, double hits, int swaps) {}

  public static void main(String[] args) throws Exception {
    Load load = new Load(60, 30, 64, 1.0, 24, 7);
    Fleet fleet = new Fleet(4, 4, 16, 16, false);
    List<String> policies = new ArrayList<>();
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "--rate" -> load = new Load(Double.parseDouble(args[++i]), load.seconds, load.adapters, load.skew, load.tokens, load.seed);
        case "--seconds" -> load = new Load(load.rate, Integer.parseInt(args[++i]), load.adapters, load.skew, load.tokens, load.seed);
        case "--adapters" -> load = new Load(load.rate, load.seconds, Integer.parseInt(args[++i]), load.skew, load.tokens, load.seed);
        case "--skew" -> load = new Load(load.rate, load.seconds, load.adapters, Double.parseDouble(args[++i]), load.tokens, load.seed);
        case "--seed" -> load = new Load(load.rate, load.seconds, load.adapters, load.skew, load.tokens, Long.parseLong(args[++i]));
        case "--uneven" -> fleet = new Fleet(fleet.servers, fleet.slots, fleet.cpuSlots, fleet.seqs, true);
        case "--help" -> {
          System.out.println(
              "usage: bench/routing.sh [--rate R/s] [--seconds S] [--adapters N] [--skew Z] [--seed N] [--uneven] [POLICY ...]\n"
                  + "  --uneven   half of the servers read adapters from a disk ten times as slow\n"
                  + "policies: lora-aware tiered hash least-request round-robin random (default: all)");
          return;
        }
        default -> policies.add(args[i]);
      }
    }
    if (policies.isEmpty()) {
      policies.addAll(List.of("random", "round-robin", "least-request", "hash", "tiered", "lora-aware"));
    }
    System.out.printf(
        Locale.ROOT,
        "%d servers x %d slots (%d in host memory, %d batch places%s), %d adapters, Zipf %.1f, %.0f requests/s for %d s, %d tokens each%n",
        fleet.servers, fleet.slots, fleet.cpuSlots, fleet.seqs, fleet.uneven ? ", half with slow disks" : "",
        load.adapters, load.skew, load.rate, load.seconds, load.tokens);
    System.out.println("policy          hits   swaps  failed  first token p50      p90      p99 ms");
    for (String policy : policies) {
      print(run(policy, load, fleet));
    }
    System.exit(0);
  }

  private static void print(Result result) {
    double[] sorted = result.firstToken.clone();
    Arrays.sort(sorted);
    System.out.printf(
        Locale.ROOT,
        "%-14s %5.1f%%  %5d  %6d         %8.0f %8.0f %8.0f%n",
        result.policy, 100 * result.hits, result.swaps, result.failed,
        quantile(sorted, 0.5), quantile(sorted, 0.9), quantile(sorted, 0.99));
  }

  private static double quantile(double[] sorted, double q) {
    return sorted.length == 0 ? Double.NaN : sorted[(int) Math.min(sorted.length - 1, q * sorted.length)];
  }

  private static Result run(String policy, Load load, Fleet fleet) throws Exception {
    String[] adapters = new String[load.adapters];
    for (int i = 0; i < adapters.length; i++) {
      adapters[i] = "lora-" + i;
    }
    List<SimulatedServer> servers = new ArrayList<>();
    for (int i = 0; i < fleet.servers; i++) {
      boolean slow = fleet.uneven && i % 2 == 1;
      servers.add(
          SimulatedServer.start(
              SimSettings.of("base", adapters)
                  .withSlots(fleet.slots, fleet.cpuSlots)
                  .withMaxNumSeqs(fleet.seqs)
                  .withDiskBytesPerSecond(slow ? 200_000_000L : 2_000_000_000L)
                  .withTokenTime(Duration.ofMillis(20))));
    }
    try (Gateway gateway = Gateway.start(config(policy, fleet, servers))) {
      while (!gateway.ready()) {
        LockSupport.parkNanos(10_000_000);
      }
      Result result = drive(policy, gateway.port(), load, servers);
      if (policy.equals("lora-aware")) {
        printLearned(gateway.adminPort());
      }
      return result;
    } finally {
      servers.forEach(SimulatedServer::close);
    }
  }

  private static dev.loragateway.config.GatewayConfig config(String policy, Fleet fleet, List<SimulatedServer> servers) {
    StringBuilder yaml = new StringBuilder();
    yaml.append("listen: 127.0.0.1:0\nadmin: { listen: 127.0.0.1:0 }\npools:\n  - name: p\n    baseModel: base\n    maxNumSeqs: ")
        .append(fleet.seqs)
        .append("\n    cpuAdapterSlots: ")
        .append(fleet.cpuSlots)
        .append("\n    saturation: { maxWaiting: 100000, maxKvCache: 1.0 }\n    routing: { policy: ")
        .append(policy)
        .append(" }\n    endpoints:\n");
    servers.forEach(server -> yaml.append("      - http://").append(server.address()).append('\n'));
    ConfigResult result = ConfigLoader.parse(yaml.toString(), "bench", Path.of("."), Map.of());
    if (result instanceof ConfigResult.Valid valid) {
      return valid.config();
    }
    throw new IllegalStateException(result.toString());
  }

  private static Result drive(String policy, int port, Load load, List<SimulatedServer> servers) throws Exception {
    Random random = new Random(load.seed);
    double[] cumulative = zipf(load.adapters, load.skew);
    ConcurrentLinkedQueue<Double> firstTokens = new ConcurrentLinkedQueue<>();
    AtomicInteger failed = new AtomicInteger();
    try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      long start = System.nanoTime();
      long end = start + load.seconds * 1_000_000_000L;
      double due = start;
      int sent = 0;
      while (due < end) {
        long arrival = (long) due;
        LockSupport.parkNanos(arrival - System.nanoTime());
        String adapter = "lora-" + draw(cumulative, random.nextDouble());
        clients.submit(() -> request(http, port, adapter, load.tokens, arrival, firstTokens, failed));
        due += -Math.log(1 - random.nextDouble()) / load.rate * 1e9;
        if (++sent % 50 == 0) {
          System.err.printf("\r%-14s %3d%%", policy, (int) (100 * (due - start) / (end - start)));
        }
      }
      System.err.print("\r                    \r");
    }
    int hits = 0;
    int asked = 0;
    for (SimulatedServer server : servers) {
      for (SimRequest request : server.requests()) {
        if (request.path().equals("/v1/chat/completions") && request.level() != null) {
          asked++;
          hits += request.resident() ? 1 : 0;
        }
      }
    }
    int swaps = servers.stream().mapToInt(server -> (int) server.trace().stream().filter(e -> e.event().equals("activate")).count()).sum();
    double[] times = firstTokens.stream().mapToDouble(Double::doubleValue).toArray();
    return new Result(policy, times, failed.get(), asked == 0 ? 0 : (double) hits / asked, swaps - load.adapters * servers.size());
  }

  private static void request(HttpClient http, int port, String adapter, int tokens, long arrival, ConcurrentLinkedQueue<Double> firstTokens, AtomicInteger failed) {
    String body = "{\"model\":\"" + adapter + "\",\"stream\":true,\"max_tokens\":" + tokens + ",\"stream_options\":{\"include_usage\":true},\"messages\":[{\"role\":\"user\",\"content\":\"" + adapter + " " + arrival + "\"}]}";
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
            .header("content-type", "application/json")
            .timeout(Duration.ofMinutes(2))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    try {
      var response = http.send(request, BodyHandlers.ofInputStream());
      boolean done = false;
      try (BufferedReader lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
        boolean first = true;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (first && line.startsWith("data:")) {
            firstTokens.add((System.nanoTime() - arrival) / 1e6);
            first = false;
          }
          done |= line.equals("data: [DONE]");
        }
      }
      if (!done) {
        failed.incrementAndGet();
        System.err.println("not answered to the end: " + response.statusCode() + " " + response.headers().map());
      }
    } catch (IOException e) {
      failed.incrementAndGet();
      System.err.println("failed: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void printLearned(int adminPort) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      String state =
          http.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + "/api/state")).build(), BodyHandlers.ofString()).body();
      int at = 0;
      while ((at = state.indexOf("\"learned\":", at)) >= 0) {
        System.out.println("  learned: " + state.substring(at + 10, state.indexOf('}', at) + 1));
        at++;
      }
    }
  }

  private static double[] zipf(int n, double skew) {
    double[] cumulative = new double[n];
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += 1 / Math.pow(i + 1, skew);
      cumulative[i] = sum;
    }
    for (int i = 0; i < n; i++) {
      cumulative[i] /= sum;
    }
    return cumulative;
  }

  private static int draw(double[] cumulative, double at) {
    int found = Arrays.binarySearch(cumulative, at);
    return Math.min(found < 0 ? -found - 1 : found, cumulative.length - 1);
  }
}
