package dev.loragateway.bench.overhead;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where it was measured. Immutable.
 *
 * @param processor its name
 * @param cores that there are
 * @param kernel its version
 * @param java that ran stub and gateway
 * @param pinned who ran on which core
 */
public record Machine(String processor, int cores, String kernel, String java, String pinned) {
  public static Machine here(int cores, String pinned) throws IOException {
    String processor =
        Files.readString(Path.of("/proc/cpuinfo"))
            .lines()
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst()
            .orElse("unknown");
    return new Machine(
        processor,
        cores,
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        Runtime.version().toString(),
        pinned);
  }

  public String text() {
    return "%s, %d cores, %s, Java %s; %s".formatted(processor, cores, kernel, java, pinned);
  }
}
