package dev.loragateway.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** The command that adds an adapter to a gateway, or changes one. Confined to the main thread. */
@Command(
    name = "add",
    mixinStandardHelpOptions = true,
    description = "Adds an adapter, or changes one that was added.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  gateway/run adapters add acme/law --source file:///adapters/law --base-model base",
      "  gateway/run adapters add acme/law --source s3://models/law --replicas 2-4 --wait=2m",
      "  gateway/run adapters add support-v2 --source hf://acme/support --alias support=10",
      "",
      "With --wait: exit code 0 = ready, 1 = not ready in time."
    })
final class AdaptersAddCommand implements Callable<Integer> {
  private static final Duration POLL = Duration.ofMillis(250);

  @Mixin private AdminOptions options = new AdminOptions();

  @Parameters(paramLabel = "NAME", description = "The name that clients ask for.")
  private String name = "";

  @Option(
      names = "--source",
      required = true,
      paramLabel = "URL",
      description =
          "Where its files are: file:///PATH as the engines see it, or an http, https, s3 or hf"
              + " URL.")
  private String source = "";

  @Option(
      names = "--base-model",
      paramLabel = "MODEL",
      description = "Of the pool that is to serve it (default: the one that its files name).")
  private @Nullable String baseModel;

  @Option(
      names = "--replicas",
      paramLabel = "R",
      description =
          "Endpoints that should have it: a number, all, auto, or bounds such as 0-4 (default:"
              + " auto).")
  private @Nullable String replicas;

  @Option(
      names = "--alias",
      paramLabel = "ALIAS[=WEIGHT]",
      description = "A further name; adapters that share one share its requests by weight (100).")
  private List<String> aliases = new ArrayList<>();

  @Option(
      names = "--priority",
      paramLabel = "N",
      description = "Adapters of a higher one are placed first (default: 0).")
  private @Nullable Integer priority;

  @Option(
      names = "--wait",
      arity = "0..1",
      fallbackValue = "5m",
      paramLabel = "DURATION",
      converter = Wait.class,
      description = "Wait until it is ready, such as 30s or 2m (without a value: 5m).")
  private @Nullable Duration wait;

  @Override
  public Integer call() throws InterruptedException {
    ObjectNode adapter = adapter();
    return options.run(client -> add(client, adapter));
  }

  private int add(AdminClient client, ObjectNode adapter) throws IOException, InterruptedException {
    AdminClient.Answer answer = client.add(adapter);
    if (!answer.well() || wait == null) {
      String done = answer.status() == 201 ? " was added" : " was there already and is up to date";
      return options.tell(answer, () -> options.out().println(name + done));
    }
    return awaitReady(client, System.nanoTime() + wait.toNanos());
  }

  private ObjectNode adapter() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", name).put("source", source);
    if (baseModel != null) {
      json.put("baseModel", baseModel);
    }
    if (replicas != null) {
      json.put("replicas", replicas);
    }
    if (priority != null) {
      json.put("priority", priority);
    }
    if (!aliases.isEmpty()) {
      ArrayNode list = json.putArray("aliases");
      aliases.forEach(alias -> list.add(alias(alias)));
    }
    return json;
  }

  /** A name may have a = itself, so that what is behind the last one counts if it is a number. */
  private static JsonNode alias(String text) {
    int at = text.lastIndexOf('=');
    if (at > 0 && text.substring(at + 1).matches("\\d{1,9}")) {
      return JsonNodeFactory.instance
          .objectNode()
          .put("name", text.substring(0, at))
          .put("weight", Integer.parseInt(text.substring(at + 1)));
    }
    return JsonNodeFactory.instance.textNode(text);
  }

  private int awaitReady(AdminClient client, long deadline)
      throws IOException, InterruptedException {
    Progress progress = new Progress(options);
    while (true) {
      AdminClient.Answer answer = client.adapter(name);
      String phase = answer.json().path("phase").asText();
      boolean over = !answer.well() || phase.equals("refused") || deadline - System.nanoTime() < 0;
      if (phase.equals("ready") || phase.equals("archived")) {
        progress.end();
        return options.tell(answer, () -> options.out().println(name + " is " + phase));
      }
      if (over) {
        progress.end();
        return answer.well() ? notReady(answer) : options.refused(answer);
      }
      progress.show(answer.json());
      Thread.sleep(POLL);
    }
  }

  private int notReady(AdminClient.Answer answer) {
    if (options.json()) {
      options.out().println(answer.text().strip());
      options.out().flush();
    } else {
      AdaptersExplainCommand.print(options.err(), answer.json());
    }
    return options.refused(name + " is not ready");
  }

  /** A line on a terminal that tells how far it is. Confined to the main thread. */
  private static final class Progress {
    private static final String ERASE = "\r\u001b[K";

    private final AdminOptions options;
    private final int width;

    Progress(AdminOptions options) {
      this.options = options;
      this.width = options.width();
    }

    void show(JsonNode adapter) {
      if (width < Integer.MAX_VALUE) {
        String message = adapter.path("message").asText("").replace('\n', ' ');
        String line =
            "%s: %s, %s of %s ready %s"
                .formatted(
                    adapter.path("name").asText(),
                    adapter.path("phase").asText(),
                    adapter.path("ready").asText(),
                    adapter.path("desired").asText(),
                    message.equals("null") ? "" : message);
        options.err().print(ERASE + line.substring(0, Math.min(line.length(), width - 1)));
        options.err().flush();
      }
    }

    void end() {
      if (width < Integer.MAX_VALUE) {
        options.err().print(ERASE);
        options.err().flush();
      }
    }
  }

  /** Reads how long to wait. */
  static final class Wait implements ITypeConverter<Duration> {
    private static final Pattern TIME = Pattern.compile("(\\d{1,6})(ms|s|m|h)");
    private static final Map<String, Long> MILLIS =
        Map.of("ms", 1L, "s", 1000L, "m", 60_000L, "h", 3_600_000L);

    @Override
    public Duration convert(String value) {
      Matcher matcher = TIME.matcher(value);
      if (!matcher.matches()) {
        throw new TypeConversionException("'" + value + "' (expected: a time such as 30s or 2m)");
      }
      long unit = MILLIS.getOrDefault(matcher.group(2), 1L);
      return Duration.ofMillis(Long.parseLong(matcher.group(1)) * unit);
    }
  }
}
