package dev.loragateway.bench.overhead;

import dev.loragateway.bench.process.Machines;
import java.io.IOException;

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
    return new Machine(
        Machines.processor(),
        cores,
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        Runtime.version().toString(),
        pinned);
  }

  public String text() {
    return "%s, %d cores, %s, Java %s; %s".formatted(processor, cores, kernel, java, pinned);
  }
}
