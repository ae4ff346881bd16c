package dev.loragateway.bench.footprint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a process holds at a moment. Immutable.
 *
 * @param second since the first request
 * @param rss resident bytes
 * @param anonymous of these, those that no file backs: heap, buffers, stacks, the JVM's own
 */
record Sample(double second, long rss, long anonymous) {
  static Sample of(long pid, double second) throws IOException {
    String status = Files.readString(Path.of("/proc", Long.toString(pid), "status"));
    return new Sample(second, bytes(status, "VmRSS:"), bytes(status, "RssAnon:"));
  }

  private static long bytes(String status, String name) throws IOException {
    return status
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
        .findFirst()
        .orElseThrow(() -> new IOException("no " + name + " of the gateway: it has ended"));
  }
}
