package dev.loragateway.server;

import dev.loragateway.config.CheckCommand;
import dev.loragateway.sim.SimCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line. Start here to see what the program can do. */
@Command(
    name = "gateway/run",
    mixinStandardHelpOptions = true,
    version = "lora-gateway 0.1.0",
    description = "A LoRA-aware, OpenAI-compatible gateway for pools of vLLM servers.",
    subcommands = {DemoCommand.class, ServeCommand.class, CheckCommand.class, SimCommand.class})
public final class Main {
  /** Runs a command and exits with its code. */
  public static void main(String[] args) {
    CommandLine line = new CommandLine(new Main());
    line.setExecutionStrategy(new CommandLine.RunLast());
    System.exit(args.length == 0 ? usage(line) : line.execute(args));
  }

  private static int usage(CommandLine line) {
    line.usage(System.err);
    return 2;
  }
}
