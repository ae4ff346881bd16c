package dev.loragateway.bench.overhead;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.loragateway.bench.process.Shell;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Runs wrk, which sends the next request when an answer is complete. Immutable. */
record Wrk(Path script, Cores cores, int threads) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * What came of a run. Immutable.
   *
   * @param requests answered
   * @param micros that it took
   * @param bytes read
   * @param p50 median latency to the last byte, in microseconds
   * @param p99 its 99th percentile
   * @param max its maximum
   * @param status answers with a status above 399
   * @param lost requests without an answer
   */
  record Result(
      long requests,
      long micros,
      long bytes,
      long p50,
      long p99,
      long max,
      long status,
      long lost) {
    double rate() {
      return requests * 1e6 / micros;
    }

    long failed() {
      return status + lost;
    }
  }

  /** Puts the script that makes the requests into a directory. */
  static Wrk in(Path directory, Cores cores, int threads) throws IOException {
    Path script = directory.resolve("chat.lua");
    try (InputStream in = Wrk.class.getResourceAsStream("/overhead/chat.lua")) {
      Files.copy(Objects.requireNonNull(in), script);
    }
    return new Wrk(script, cores, threads);
  }

  Result run(String url, Case sent, List<String> models, int connections, int seconds)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "wrk",
                "-t" + threads,
                "-c" + connections,
                "-d" + seconds,
                "--timeout",
                "20s",
                "-s",
                script.toString(),
                url,
                "--",
                Integer.toString(sent.bytes()),
                Boolean.toString(sent.stream())));
    command.addAll(models);
    String out = Shell.output(cores.onLoad(command));
    String json =
        out.lines()
            .filter(line -> line.startsWith("{"))
            .findFirst()
            .orElseThrow(() -> new IOException("wrk: " + out));
    JsonNode tree = JSON.readTree(json);
    return JSON.treeToValue(tree, Result.class);
  }
}
