package dev.loragateway.bench;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** How the benchmarks' commands are run. Stateless. */
public final class Commands {
  private Commands() {}

  /** Runs a command and ends the program; an illegal argument is told in one line. */
  public static void main(Object command, String... args) {
    System.exit(
        new CommandLine(command)
            .setExecutionExceptionHandler(
                (e, line, parsed) -> {
                  if (e instanceof IllegalArgumentException) {
                    line.getErr().println(e.getMessage());
                    return CommandLine.ExitCode.USAGE;
                  }
                  throw e;
                })
            .execute(args));
  }

  /** What was typed. */
  public static String line(CommandSpec spec) {
    List<String> args = spec.commandLine().getParseResult().originalArgs();
    return (spec.name() + " " + String.join(" ", args)).strip();
  }
}
