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
record Machine(String processor, int cores, String kernel, String java, String pinned) {
  static Machine here(int cores, Cores pinned) throws IOException {
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
        "proxy on core %s, wrk, clients and stub on core %s"
            .formatted(pinned.proxy(), pinned.load()));
  }

  String text() {
    return "%s, %d cores, %s, Java %s; %s".formatted(processor, cores, kernel, java, pinned);
  }
}
