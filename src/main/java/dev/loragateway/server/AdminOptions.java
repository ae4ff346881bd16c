package dev.loragateway.server;

import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * How a command reaches a running gateway, and how it tells what it answers. Confined to the main
 * thread.
 */
final class AdminOptions {
  static final String TOKEN = "LORA_GATEWAY_ADMIN_TOKEN";

  static final int DONE = 0;
  static final int REFUSED = 1;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

  @Option(
      names = "--admin",
      paramLabel = "URL",
      description = "The gateway's admin port (default: ${DEFAULT-VALUE}).",
      defaultValue = "http://127.0.0.1:9090")
  private String admin = "";

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "Holds admin.token; else it is taken from the environment's " + TOKEN + ".")
  private @Nullable Path tokenFile;

  @Option(names = "--json", description = "Print what the admin API answers.")
  private boolean json;

  /** What a command does with a gateway. */
  interface Work {
    int with(AdminClient client) throws IOException, InterruptedException;
  }

  /** Does it, and returns the exit code. */
  int run(Work work) throws InterruptedException {
    try (AdminClient client = new AdminClient(url(), token())) {
      return work.with(client);
    } catch (IOException e) {
      return refused(String.valueOf(e.getMessage()));
    }
  }

  private URI url() {
    String url = admin.contains("://") ? admin : "http://" + admin;
    try {
      URI parsed = URI.create(url);
      if (parsed.getHost() != null && String.valueOf(parsed.getScheme()).matches("https?")) {
        return parsed;
      }
    } catch (IllegalArgumentException e) {
      throw notAnUrl();
    }
    throw notAnUrl();
  }

  private ParameterException notAnUrl() {
    return usage("--admin is '" + admin + "' (expected: a URL such as http://127.0.0.1:9090)");
  }

  ParameterException usage(String message) {
    return new ParameterException(command.commandLine(), message);
  }

  private @Nullable String token() {
    Path file = tokenFile;
    if (file == null) {
      return System.getenv(TOKEN);
    }
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw usage("--token-file " + file + " cannot be read: " + e);
    }
  }

  boolean json() {
    return json;
  }

  PrintWriter out() {
    return command.commandLine().getOut();
  }

  PrintWriter err() {
    return command.commandLine().getErr();
  }

  /** Columns of a terminal; as many as are wanted where there is none. */
  @SuppressWarnings("SystemConsoleNull") // NullAway takes it for nullable
  int width() {
    Console console = System.console();
    if (console == null || !console.isTerminal()) {
      return Integer.MAX_VALUE;
    }
    CommandLine line = new CommandLine(CommandSpec.create());
    return line.getCommandSpec().usageMessage().autoWidth(true).width();
  }

  /** Tells what came of it: as it came, or what {@code people} prints. */
  int tell(AdminClient.Answer answer, Runnable people) {
    if (!answer.well()) {
      return refused(answer);
    }
    if (json) {
      out().println(answer.text().strip());
    } else {
      people.run();
    }
    out().flush();
    return DONE;
  }

  int refused(AdminClient.Answer answer) {
    if (json) {
      out().println(answer.text().strip());
      out().flush();
    }
    return refused(
        answer.status() == 401 ? answer.error() + " (see --token-file)" : answer.error());
  }

  int refused(String message) {
    err().println(message);
    err().flush();
    return REFUSED;
  }
}
