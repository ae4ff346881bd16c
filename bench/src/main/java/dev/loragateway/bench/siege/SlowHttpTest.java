package dev.loragateway.bench.siege;

import dev.loragateway.bench.overhead.Installer;
import dev.loragateway.bench.process.ProcessTree;
import dev.loragateway.bench.process.Running;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Debian's slowhttptest, for as long as it is open. Immutable. */
record SlowHttpTest(ProcessTree tree) implements AutoCloseable {
  /** Longer than a phase lasts. */
  private static final String SECONDS = "120";

  static void install() throws IOException, InterruptedException {
    Installer.debian("slowhttptest", "slowhttptest");
  }

  /** Opens so many connections to the path, as the options say. */
  static SlowHttpTest start(Path log, String url, int connections, String... options)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "slowhttptest",
                "-u",
                url,
                "-c",
                Integer.toString(connections),
                "-r",
                Integer.toString(connections / 2),
                "-l",
                SECONDS));
    command.addAll(List.of(options));
    ProcessTree tree =
        new ProcessTree(
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start());
    Running.endWithThisProgram(tree);
    return new SlowHttpTest(tree);
  }

  @Override
  public void close() {
    tree.end();
  }
}
