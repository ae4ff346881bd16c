package dev.loragateway.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.loragateway.fuzz.Fuzzer;
import dev.loragateway.fuzz.Inputs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Configurations, good and bad. */
class ConfigFuzzTest {
  private static final Map<String, String> ENV = Map.of("KEY", "sk-1", "EMPTY", "");

  @TempDir private Path directory;

  private static Inputs inputs() {
    return Inputs.of(
        List.of(
            Configs.MINIMAL,
            """
            pools:
              - name: p
                baseModel: base
                endpoints: [ "http://a:8000", https://b ]
                upstream: { apiKey: "${KEY}" }
                queue: { priorities: { a: 1s } }
                aliases: { x: base }
                scrape: { interval: 1s, staleAfter: 4s }
            """,
            """
            pools: [ { name: a, baseModel: b, kubernetes: { service: s, port: http } } ]
            timeouts: { idle: 1h, routes: [ { path: /v1/embeddings, total: 1m } ] }
            """,
            """
            listen: "[::1]:8081"
            admin: { listen: :1, token: t }
            limits: { body: 1MB }
            retries: { max: 0, statuses: [ 502, 429 ] }
            tls: { certificate: none, key: none }
            """,
            """
            access: { keysFile: none }
            ? x
            : |
              text
            ...
            """,
            "a: " + "[".repeat(200) + "\n"),
        "pools:",
        "name:",
        "endpoints: [ http://[::1]:1 ]",
        "kubernetes: [ { service: x } ]",
        "${KEY}",
        "${EMPTY:-x}",
        "${",
        "$${",
        "}",
        "{",
        "[",
        "]",
        "- ",
        ": ",
        ":",
        "\n",
        "\n  ",
        "\t",
        "&a ",
        "*a",
        "<<: *a",
        "!!binary ",
        "!!set ",
        "? ",
        "|\n",
        ">-\n",
        "'",
        "\"",
        "\\",
        "#",
        "~",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "\ufeff",
        "\u0085",
        "\u2028",
        "é",
        "😀",
        "\u0000",
        "0x1F",
        "1_000",
        "9".repeat(300),
        "99999999h",
        "1024TiB",
        "x".repeat(2000));
  }

  @Test
  void text_neverBreaksTheReader() throws InterruptedException {
    Fuzzer.run("configuration", inputs(), this::read);
  }

  private void read(byte[] input, SplittableRandom random) throws IOException {
    String text = new String(input, UTF_8);
    ConfigResult result = ConfigLoader.parse(text, "gateway.yaml", directory, ENV);
    if (result instanceof ConfigResult.Invalid(List<ConfigError> errors)) {
      for (ConfigError error : errors) {
        String line = error.toString();
        if (error.message().isBlank() || line.indexOf('\n') >= 0) {
          throw new AssertionError("\"" + line + "\"");
        }
      }
      if (errors.isEmpty()) {
        throw new AssertionError("refused without a reason");
      }
    }
    if (random.nextInt(1000) == 0) {
      Path file = Files.write(directory.resolve("gateway.yaml"), input);
      ConfigLoader.load(file, ENV);
    }
  }
}
