package dev.loragateway.bench.live;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.loragateway.bench.live.Load.Arrival;
import dev.loragateway.config.ConfigLoader;
import dev.loragateway.config.ConfigResult;
import dev.loragateway.config.GatewayConfig;
import dev.loragateway.server.Gateway;
import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.DoubleConsumer;
import java.util.stream.IntStream;

/**
 * One policy under the load: starts fresh servers and a gateway in this process, sends every
 * request when it is due, over sockets, and waits for all answers. Immutable.
 */
record LiveRun(String policy, Load load, Fleet fleet) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long POLL_NANOS = 10_000_000;

  LiveResult run(DoubleConsumer progress)
      throws IOException, InterruptedException, ExecutionException {
    List<SimulatedServer> servers = servers();
    try (Gateway gateway = Gateway.start(config(servers))) {
      while (!gateway.ready()) {
        LockSupport.parkNanos(POLL_NANOS);
      }
      return drive(gateway, servers, progress);
    } finally {
      servers.forEach(SimulatedServer::close);
    }
  }

  /** Starts all servers at once: each one loads every adapter first. */
  private List<SimulatedServer> servers() throws InterruptedException, ExecutionException {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<SimulatedServer>> starting =
          IntStream.range(0, fleet.endpoints())
              .mapToObj(i -> fleet.settings(i, load.adapters()))
              .map((SimSettings settings) -> threads.submit(() -> SimulatedServer.start(settings)))
              .toList();
      List<SimulatedServer> servers = new ArrayList<>();
      for (Future<SimulatedServer> server : starting) {
        servers.add(server.get());
      }
      return servers;
    }
  }

  /** The servers queue as much as they are sent, so that no policy is saved by a refusal. */
  private GatewayConfig config(List<SimulatedServer> servers) {
    StringBuilder yaml =
        new StringBuilder(
            """
            listen: 127.0.0.1:0
            admin: { listen: 127.0.0.1:0 }
            pools:
              - name: live
                baseModel: base
                maxNumSeqs: %d
                cpuAdapterSlots: %d
                saturation: { maxWaiting: 100000, maxKvCache: 1.0 }
                routing: { policy: %s }
                endpoints:
            """
                .formatted(fleet.places(), fleet.cpuSlots(), policy));
    servers.forEach(server -> yaml.append("      - http://").append(server.address()).append('\n'));
    return switch (ConfigLoader.parse(yaml.toString(), "live", Path.of("."), Map.of())) {
      case ConfigResult.Valid valid -> valid.config();
      case ConfigResult.Invalid invalid ->
          throw new IllegalArgumentException(invalid.errors().toString());
    };
  }

  private LiveResult drive(Gateway gateway, List<SimulatedServer> servers, DoubleConsumer progress)
      throws IOException, InterruptedException, ExecutionException {
    List<Future<Answer>> warmUp = new ArrayList<>();
    List<Future<Answer>> measured = new ArrayList<>();
    double since = System.currentTimeMillis() / 1e3 + load.warmUp();
    try (Client client = new Client(gateway.port(), load.tokens());
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      long start = System.nanoTime();
      for (Arrival arrival : load.arrivals()) {
        long due = start + arrival.nanos();
        sleepUntil(due);
        (arrival.measured() ? measured : warmUp)
            .add(clients.submit(() -> client.send(arrival, due)));
        progress.accept((double) arrival.nanos() / load.nanos());
      }
    }
    return new LiveResult(
        policy,
        measured.size(),
        answers(measured),
        Seen.by(servers, since),
        (int) answers(warmUp).stream().filter(answer -> answer.failure() != null).count(),
        learned(gateway));
  }

  private static void sleepUntil(long due) {
    for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private static List<Answer> answers(List<Future<Answer>> futures)
      throws InterruptedException, ExecutionException {
    List<Answer> answers = new ArrayList<>();
    for (Future<Answer> future : futures) {
      answers.add(future.get());
    }
    return answers;
  }

  private static List<String> learned(Gateway gateway) throws IOException {
    URI state = URI.create("http://127.0.0.1:" + gateway.adminPort() + "/api/state");
    try (InputStream json = state.toURL().openStream()) {
      return JSON.readTree(json).findValues("learned").stream().map(JsonNode::toString).toList();
    }
  }
}
