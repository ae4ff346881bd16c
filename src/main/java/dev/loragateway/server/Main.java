package dev.loragateway.server;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line. Start here to see what the program can do. */
@Command(
    name = "gateway/run",
    mixinStandardHelpOptions = true,
    version = "lora-gateway 0.1.0",
    description = "A LoRA-aware, OpenAI-compatible gateway for pools of vLLM servers.")
public final class Main {
  public static void main(String[] args) {
    System.exit(new CommandLine(new Main()).execute(args));
  }
}
