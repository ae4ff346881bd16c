package dev.loragateway.bench.overhead;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Who runs where, by taskset: the proxy on one core, client and stub on the others. Immutable.
 *
 * @param proxy of the measured proxy
 * @param load of the rest, as taskset writes them
 */
public record Cores(String proxy, String load) {
  /** The first core for the proxy, the others for the rest. */
  public static Cores ofMachine() {
    int cores = Runtime.getRuntime().availableProcessors();
    if (cores < 2) {
      throw new IllegalArgumentException("two cores are needed: one is the proxy's alone");
    }
    return new Cores("0", cores == 2 ? "1" : "1-" + (cores - 1));
  }

  /** All on all cores. */
  public static Cores shared() {
    String all = "0-" + (Runtime.getRuntime().availableProcessors() - 1);
    return new Cores(all, all);
  }

  /** Moves this program to where the load comes from. */
  void moveThisProgram() throws IOException, InterruptedException {
    String pid = Long.toString(ProcessHandle.current().pid());
    new ProcessBuilder("taskset", "-a", "-p", "-c", load, pid).start().waitFor();
  }

  /** Who runs where. */
  public String text() {
    return "proxy on core %s, wrk, clients and stub on core %s".formatted(proxy, load);
  }

  List<String> onProxy(List<String> command) {
    return on(proxy, command);
  }

  List<String> onLoad(List<String> command) {
    return on(load, command);
  }

  private static List<String> on(String cores, List<String> command) {
    List<String> pinned = new ArrayList<>(List.of("taskset", "-c", cores));
    pinned.addAll(command);
    return pinned;
  }
}
