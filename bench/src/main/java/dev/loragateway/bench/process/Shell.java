package dev.loragateway.bench.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/** Runs programs to their end. Stateless. */
public final class Shell {
  private Shell() {}

  /**
   * What a program prints on both outputs.
   *
   * @throws IOException if it ends with another status than 0; the message has its last lines
   */
  public static String output(List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
            .start();
    Running.endWithThisProgram(new ProcessTree(process));
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    int status = process.waitFor();
    if (status != 0) {
      throw new IOException(command.getFirst() + ": status " + status + ": " + tail(out));
    }
    return out;
  }

  public static String output(String... command) throws IOException, InterruptedException {
    return output(List.of(command));
  }

  /** The last lines of a text. */
  public static String tail(String text) {
    List<String> lines = text.strip().lines().toList();
    return String.join("\n  ", lines.subList(Math.max(0, lines.size() - 8), lines.size()));
  }

  /** Whether a program is on the path, or where those lie that only root runs. */
  public static boolean has(String program) {
    return Arrays.stream((System.getenv("PATH") + ":/usr/sbin:/sbin").split(":"))
        .anyMatch(directory -> new java.io.File(directory, program).canExecute());
  }
}
