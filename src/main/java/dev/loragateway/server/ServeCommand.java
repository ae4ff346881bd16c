package dev.loragateway.server;

import dev.loragateway.config.ConfigError;
import dev.loragateway.config.ConfigLoader;
import dev.loragateway.config.ConfigResult;
import dev.loragateway.config.ConfigWatcher;
import dev.loragateway.config.GatewayConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command that runs the gateway. Confined to the main thread. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    description =
        "Runs the gateway until SIGTERM, then drains it. SIGHUP or a change of the file reloads"
            + " it.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  gateway/run serve --config config/examples/sidecar.yaml",
      "",
      "Exit code: 0 = stopped by a signal, 1 = an address is in use, 2 = the configuration is not"
          + " valid."
    })
public final class ServeCommand implements Callable<Integer> {
  private static final Logger log = LoggerFactory.getLogger(ServeCommand.class);

  private static final String DEFAULT_FILE = "/etc/lora-gateway/gateway.yaml";

  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      description = "The configuration, in YAML (default: ${DEFAULT-VALUE}).",
      defaultValue = DEFAULT_FILE)
  private Path file;

  /** For picocli, which sets the file. */
  ServeCommand() {
    this(Path.of(DEFAULT_FILE));
  }

  ServeCommand(Path file) {
    this.file = file;
  }

  @Override
  public Integer call() throws InterruptedException {
    return switch (ConfigLoader.load(file, System.getenv())) {
      case ConfigResult.Invalid(List<ConfigError> errors) -> {
        errors.forEach(System.err::println);
        yield 2;
      }
      case ConfigResult.Valid(GatewayConfig config, List<String> warnings) -> {
        warnings.forEach(log::warn);
        yield serve(config);
      }
    };
  }

  private int serve(GatewayConfig config) throws InterruptedException {
    try (Shutdown shutdown = Shutdown.install()) {
      Gateway gateway = Gateway.start(config);
      log.info(
          "serving on {}, admin on {}: {} pools, {} endpoints",
          gateway.address(),
          gateway.adminAddress(),
          config.pools().size(),
          config.endpointCount());
      ConfigWatcher watcher =
          ConfigWatcher.start(file, System.getenv(), config, new Reload(gateway));
      shutdown.started(
          () -> {
            watcher.close();
            gateway.drain();
          });
      shutdown.await();
      return 0;
    } catch (IOException e) {
      System.err.println(e.getMessage());
      return 1;
    }
  }

  /** Puts what was read in force, and says so. */
  record Reload(Gateway gateway) implements ConfigWatcher.Listener {
    @Override
    public void reloaded(GatewayConfig config, List<String> warnings) {
      warnings.forEach(log::warn);
      gateway.reload(config);
      log.info("the configuration was reloaded");
    }

    @Override
    public void rejected(List<ConfigError> errors) {
      gateway.refuse();
      errors.forEach(error -> log.error("{}", error));
      log.error("the configuration was not reloaded: the last good one stays in force");
    }
  }
}
