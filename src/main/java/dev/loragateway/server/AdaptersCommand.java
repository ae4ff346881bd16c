package dev.loragateway.server;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The commands that look after the adapters of a running gateway. Confined to the main thread. */
@Command(
    name = "adapters",
    mixinStandardHelpOptions = true,
    description = "Lists, adds, removes and explains the adapters of a running gateway.",
    subcommands = {
      AdaptersListCommand.class,
      AdaptersAddCommand.class,
      AdaptersRemoveCommand.class,
      AdaptersExplainCommand.class
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  gateway/run adapters list",
      "  gateway/run adapters add acme/law --source file:///adapters/law --wait",
      "  gateway/run adapters explain acme/law",
      "",
      "Exit code: 0 = done, 1 = refused, not found, not ready in time, or no gateway answers,"
          + " 2 = wrong usage."
    })
public final class AdaptersCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return 2;
  }
}
