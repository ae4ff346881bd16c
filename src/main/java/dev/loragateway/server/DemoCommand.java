package dev.loragateway.server;

import dev.loragateway.config.ConfigLoader;
import dev.loragateway.config.ConfigResult;
import dev.loragateway.config.GatewayConfig;
import dev.loragateway.model.Endpoint;
import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * The command that shows the gateway on any machine: in front of three simulated model servers with
 * six adapters on two slots each. Confined to the main thread.
 */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = "Runs the gateway in front of three simulated model servers.")
public final class DemoCommand implements Callable<Integer> {
  private static final String RESOURCE = "demo.yaml";
  private static final int SLOTS = 2;
  private static final Duration READY = Duration.ofSeconds(10);
  private static final List<String> ADAPTERS =
      List.of("lora-0", "lora-1", "lora-2", "lora-3", "lora-4", "lora-5");

  @Override
  public Integer call() throws InterruptedException {
    GatewayConfig config = config();
    List<SimulatedServer> servers = new ArrayList<>();
    try (Shutdown shutdown = Shutdown.install()) {
      for (Endpoint endpoint : config.pools().getFirst().endpoints()) {
        servers.add(SimulatedServer.start(simulated(endpoint)));
      }
      Gateway gateway = Gateway.start(config);
      shutdown.started(
          () -> {
            gateway.close();
            servers.forEach(SimulatedServer::close);
          });
      awaitReady(gateway);
      System.out.println(guide(gateway));
      shutdown.await();
      return 0;
    } catch (IOException | UncheckedIOException e) {
      System.err.println(e.getMessage());
      servers.forEach(SimulatedServer::close);
      return 1;
    }
  }

  private static SimSettings simulated(Endpoint endpoint) {
    return SimSettings.of("base", ADAPTERS.toArray(String[]::new))
        .withPort(endpoint.port())
        .withMaxLoras(SLOTS);
  }

  private static GatewayConfig config() {
    try (InputStream in = DemoCommand.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException(RESOURCE + " is missing from the jar");
      }
      String yaml = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      ConfigResult result = ConfigLoader.parse(yaml, RESOURCE, Path.of("."), Map.of());
      if (result instanceof ConfigResult.Valid valid) {
        return valid.config();
      }
      throw new IllegalStateException(result.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void awaitReady(Gateway gateway) throws InterruptedException {
    long deadline = System.nanoTime() + READY.toNanos();
    while (!gateway.ready() && deadline - System.nanoTime() > 0) {
      Thread.sleep(Duration.ofMillis(10));
    }
  }

  private static String guide(Gateway gateway) {
    String url = "http://127.0.0.1:" + gateway.port();
    String admin = "http://127.0.0.1:" + gateway.adminPort();
    return """

    The gateway is ready: %1$s, in front of three simulated model servers with %3$d adapters on %4$d slots each.
    Try, in another terminal:

      # an answer of an adapter; the headers tell which server gave it, and why that one
      curl -si %1$s/v1/chat/completions -H 'content-type: application/json' \\
        -d '{"model": "lora-0", "messages": [{"role": "user", "content": "Hello"}]}'

      # as a stream
      curl -sN %1$s/v1/chat/completions -H 'content-type: application/json' \\
        -d '{"model": "lora-1", "stream": true, "messages": [{"role": "user", "content": "Hello"}]}'

      curl -s %1$s/v1/models        # base model and adapters
      curl -s %2$s/api/state        # which server holds which adapter
      curl -s %2$s/metrics          # Prometheus

    Stop it with Ctrl-C.
    """
        .formatted(url, admin, ADAPTERS.size(), SLOTS);
  }
}
