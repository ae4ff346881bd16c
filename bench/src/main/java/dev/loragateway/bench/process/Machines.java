package dev.loragateway.bench.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Tells where something is measured. Stateless. */
public final class Machines {
  private Machines() {}

  /** Processor, cores, kernel and Java, in one line. */
  public static String here() throws IOException {
    return "%s, %d cores, %s %s, Java %s"
        .formatted(
            processor(),
            Runtime.getRuntime().availableProcessors(),
            System.getProperty("os.name"),
            System.getProperty("os.version"),
            Runtime.version());
  }

  /** The name of the processor. */
  public static String processor() throws IOException {
    return Files.readString(Path.of("/proc/cpuinfo"))
        .lines()
        .filter(line -> line.startsWith("model name"))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("unknown");
  }
}
