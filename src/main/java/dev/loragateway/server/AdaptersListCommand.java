package dev.loragateway.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The command that lists a gateway's adapters. Confined to the main thread. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = "Lists the adapters that should exist, and how they fare.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  gateway/run adapters list",
      "  gateway/run adapters list --json | jq '.adapters[] | select(.phase != \"ready\") | .name'"
    })
final class AdaptersListCommand implements Callable<Integer> {
  @Mixin private AdminOptions options = new AdminOptions();

  @Override
  public Integer call() throws InterruptedException {
    return options.run(
        client -> {
          AdminClient.Answer answer = client.adapters();
          return options.tell(answer, () -> print(answer.json().path("adapters")));
        });
  }

  private void print(JsonNode adapters) {
    if (adapters.isEmpty()) {
      options.out().println("no adapters are declared");
      return;
    }
    new AdapterTable(adapters).lines(options.width()).forEach(options.out()::println);
  }
}
