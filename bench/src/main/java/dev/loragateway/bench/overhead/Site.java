package dev.loragateway.bench.overhead;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Where a proxy is to run. Immutable.
 *
 * @param directory of its files
 * @param port to listen on, on the loopback
 * @param servers ports of the servers behind it
 * @param others ports of the servers of a second pool, which gets no requests
 */
public record Site(Path directory, int port, List<Integer> servers, List<Integer> others) {
  /** Writes a configuration and returns where it is. */
  String write(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text).toString();
  }

  /** A line for each server behind the proxy. */
  String eachServer(String pattern) {
    return each(servers, pattern);
  }

  static String each(List<Integer> ports, String pattern) {
    return ports.stream().map(port -> pattern.formatted(port)).collect(Collectors.joining());
  }
}
