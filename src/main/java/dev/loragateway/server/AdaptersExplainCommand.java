package dev.loragateway.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The command that tells why an adapter is where it is. Confined to the main thread. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    description = "Tells why an adapter is where it is, or why it is nowhere.",
    footerHeading = "%nExample:%n",
    footer = "  gateway/run adapters explain acme/law")
final class AdaptersExplainCommand implements Callable<Integer> {
  @Mixin private AdminOptions options = new AdminOptions();

  @Parameters(paramLabel = "NAME", description = "The adapter's name.")
  private String name = "";

  @Override
  public Integer call() throws InterruptedException {
    return options.run(
        client -> {
          AdminClient.Answer answer = client.adapter(name);
          return options.tell(answer, () -> print(options.out(), answer.json()));
        });
  }

  /** One sentence a line. */
  static void print(PrintWriter to, JsonNode adapter) {
    to.println(adapter.path("name").asText() + ": " + adapter.path("phase").asText());
    adapter.path("explanation").forEach(sentence -> to.println("  " + sentence.asText()));
    to.flush();
  }
}
