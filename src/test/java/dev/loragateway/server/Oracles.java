package dev.loragateway.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Parsers of HTTP/1.1 that are not the gateway's, run by {@code src/test/conformance}. Stateless.
 */
final class Oracles {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Oracles() {}

  /**
   * What somebody sent.
   *
   * @param bytes as chars
   * @param ended whether the connection ended behind them
   */
  record Sent(String bytes, boolean ended) {}

  /**
   * What a parser made of it.
   *
   * @param bodies of the messages that were whole
   * @param error null when all of it was messages, the last one whole, too
   */
  record Verdict(List<String> bodies, @Nullable String error) {}

  /** Reads requests; one verdict for each oracle, by its name. */
  static List<Map<String, Verdict>> requests(List<Sent> sent) {
    return run("request", sent);
  }

  /** Reads answers to POST requests. */
  static List<Map<String, Verdict>> responses(List<Sent> sent) {
    return run("response", sent);
  }

  private static List<Map<String, Verdict>> run(String side, List<Sent> sent) {
    Path tools = Path.of(System.getProperty("conformance.tools"));
    try {
      Path lists = Files.createTempFile(tools, side, ".json");
      Path verdicts = Files.createTempFile(tools, side, ".json");
      JSON.writeValue(lists.toFile(), sent);
      Process process =
          new ProcessBuilder(tools.resolve("oracles").toString(), side)
              .redirectInput(lists.toFile())
              .redirectOutput(verdicts.toFile())
              .start();
      String complaint = new String(process.getErrorStream().readAllBytes(), US_ASCII);
      if (process.waitFor() != 0) {
        throw new AssertionError(complaint);
      }
      return JSON.readValue(verdicts.toFile(), new TypeReference<>() {});
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
