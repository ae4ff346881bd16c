package dev.loragateway.server;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The command that removes an adapter from a gateway. Confined to the main thread. */
@Command(
    name = "remove",
    mixinStandardHelpOptions = true,
    description = "Removes an adapter that was added with \"add\"; endpoints unload it.",
    footerHeading = "%nExample:%n",
    footer = "  gateway/run adapters remove acme/law")
final class AdaptersRemoveCommand implements Callable<Integer> {
  @Mixin private AdminOptions options = new AdminOptions();

  @Parameters(paramLabel = "NAME", description = "The adapter's name.")
  private String name = "";

  @Override
  public Integer call() throws InterruptedException {
    return options.run(
        client -> {
          AdminClient.Answer answer = client.remove(name);
          if (answer.well() && options.json()) {
            return AdminOptions.DONE;
          }
          return options.tell(answer, () -> options.out().println(name + " was removed"));
        });
  }
}
