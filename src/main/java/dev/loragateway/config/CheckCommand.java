package dev.loragateway.config;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command that checks a configuration file. Confined to the main thread. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description = "Checks a configuration file, without starting anything.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  gateway/run check config/gateway.yaml",
      "  VLLM_KEY=x gateway/run check config/examples/tls-upstream.yaml",
      "",
      "Exit code: 0 = valid, 2 = not valid, with every mistake listed."
    })
public final class CheckCommand implements Callable<Integer> {
  private static final int VALID = 0;
  private static final int INVALID = 2;

  private final Map<String, String> env;

  @Parameters(paramLabel = "FILE", description = "The configuration file, in YAML.")
  private Path file = Path.of("gateway.yaml");

  @Spec private CommandSpec spec = CommandSpec.create();

  /** A command that expands variables from the environment of the process. */
  public CheckCommand() {
    this(System.getenv());
  }

  CheckCommand(Map<String, String> env) {
    this.env = env;
  }

  @Override
  public Integer call() {
    return switch (ConfigLoader.load(file, env)) {
      case ConfigResult.Valid(GatewayConfig config, List<String> warnings) -> {
        valid(spec.commandLine().getOut(), config, warnings);
        yield VALID;
      }
      case ConfigResult.Invalid(List<ConfigError> errors) -> {
        invalid(spec.commandLine().getErr(), errors);
        yield INVALID;
      }
    };
  }

  private void valid(PrintWriter out, GatewayConfig config, List<String> warnings) {
    String pools = counted(config.pools().size(), "pool");
    String endpoints = counted(config.endpointCount(), "endpoint");
    out.printf("%s is valid: %s, %s%n", file, pools, endpoints);
    warnings.forEach(warning -> out.println("warning: " + warning));
    out.flush();
  }

  private void invalid(PrintWriter err, List<ConfigError> errors) {
    errors.forEach(err::println);
    err.printf("%s is not valid: %s%n", file, counted(errors.size(), "error"));
    err.flush();
  }

  private static String counted(int count, String noun) {
    return count + " " + noun + (count == 1 ? "" : "s");
  }
}
