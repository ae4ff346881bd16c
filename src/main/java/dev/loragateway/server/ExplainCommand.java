package dev.loragateway.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command that tells where a request would go. Confined to the main thread. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    description =
        "Asks a running gateway where a request for a model would go now, and why; sends none.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  gateway/run explain lora-0",
      "  gateway/run explain lora-0 --session alice",
      "",
      "Exit code: 0 = done, 1 = no such model, or no gateway answers, 2 = wrong usage."
    })
public final class ExplainCommand implements Callable<Integer> {
  @Mixin private AdminOptions options = new AdminOptions();

  @Parameters(paramLabel = "MODEL", description = "The name that the request would have as model.")
  private String model = "";

  @Option(
      names = "--session",
      paramLabel = "NAME",
      description = "The session that the request would belong to.",
      defaultValue = "")
  private String session = "";

  @Override
  public Integer call() throws InterruptedException {
    return options.run(
        client -> {
          AdminClient.Answer answer = client.explain(model, session);
          return options.tell(answer, () -> print(options.out(), answer.json()));
        });
  }

  /** What would become of it, then a line for each endpoint. */
  static void print(PrintWriter to, JsonNode json) {
    String adapter = json.path("adapter").asText();
    String asked = json.path("model").asText();
    to.println(
        asked
            + (adapter.equals(asked) ? "" : " (" + adapter + ")")
            + ": "
            + json.path("reason").asText()
            + (json.hasNonNull("tier") ? ", tier " + json.path("tier").asText() : ""));
    to.println(
        "  pool %s, policy %s, %d waiting"
            .formatted(
                json.path("pool").asText(),
                json.path("policy").asText(),
                json.path("queued").asInt()));
    for (JsonNode at : json.path("endpoints")) {
      to.println("  " + line(at));
    }
    to.flush();
  }

  private static String line(JsonNode at) {
    StringBuilder line = new StringBuilder();
    line.append("%-22s %-14s".formatted(at.path("address").asText(), at.path("verdict").asText()));
    if (at.hasNonNull("residency")) {
      line.append(" %s (%s)".formatted(at.path("residency").asText(), at.path("source").asText()));
    }
    if (at.hasNonNull("load")) {
      line.append(String.format(Locale.ROOT, ", load %.1f", at.path("load").asDouble()));
    }
    if (at.hasNonNull("costMs")) {
      line.append(", ").append(cost(at.path("costMs")));
    }
    if (at.hasNonNull("detail")) {
      line.append(": ").append(at.path("detail").asText());
    }
    return line.toString();
  }

  private static String cost(JsonNode cost) {
    StringBuilder parts = new StringBuilder();
    for (Map.Entry<String, JsonNode> part : cost.properties()) {
      double millis = part.getValue().asDouble();
      if (!part.getKey().equals("total") && millis != 0) {
        parts.append(parts.isEmpty() ? " = " : " + ");
        parts.append(String.format(Locale.ROOT, "%s %.1f", part.getKey(), millis));
      }
    }
    return String.format(Locale.ROOT, "%.1f ms", cost.path("total").asDouble()) + parts;
  }
}
