package dev.loragateway.server;

import dev.loragateway.config.CheckCommand;
import dev.loragateway.sim.SimCommand;
import java.nio.file.Path;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line. Start here to see what the program can do. */
@Command(
    name = "gateway/run",
    mixinStandardHelpOptions = true,
    version = "lora-gateway 0.1.0",
    description = "A LoRA-aware, OpenAI-compatible gateway for pools of vLLM servers.",
    subcommands = {
      DemoCommand.class,
      ServeCommand.class,
      CheckCommand.class,
      SimCommand.class,
      AdaptersCommand.class,
      ExplainCommand.class,
      RuntimeCommand.class
    })
public final class Main {
  /** Runs a command and exits with its code. */
  public static void main(String[] args) {
    System.exit(isPlainServe(args) ? serve(Path.of(args[2])) : execute(args));
  }

  /** What is not foreseen ends the process, as it does in picocli. */
  private static int serve(Path config) {
    try {
      return new ServeCommand(config).call();
    } catch (InterruptedException | RuntimeException e) {
      LoggerFactory.getLogger(Main.class).error("the gateway did not start", e);
      return 1;
    }
  }

  /**
   * Whether this is the command that containers and launchers give. It is run without picocli,
   * whose classes are too old for an AOT cache and take a third of a start.
   */
  private static boolean isPlainServe(String[] args) {
    return args.length == 3 && args[0].equals("serve") && args[1].equals("--config");
  }

  private static int execute(String[] args) {
    CommandLine line = new CommandLine(new Main());
    line.setExecutionStrategy(new CommandLine.RunLast());
    return args.length == 0 ? usage(line) : line.execute(args);
  }

  private static int usage(CommandLine line) {
    line.usage(System.err);
    return 2;
  }
}
