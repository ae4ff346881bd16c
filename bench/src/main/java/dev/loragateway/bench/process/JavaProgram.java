package dev.loragateway.bench.process;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * A main class of this program's own class path in a process of its own, which ends with this one.
 * Immutable.
 *
 * @param tree the process
 * @param greeting the first line that it printed
 */
public record JavaProgram(ProcessTree tree, String greeting) implements AutoCloseable {
  /**
   * Starts it and waits for its first line.
   *
   * @param placed what is put before the command, such as taskset
   */
  public static JavaProgram start(
      UnaryOperator<List<String>> placed, Class<?> main, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                Objects.requireNonNull(System.getProperty("java.class.path")),
                main.getName()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(placed.apply(command)).redirectError(Redirect.INHERIT).start();
    ProcessTree tree = new ProcessTree(process);
    Running.endWithThisProgram(tree);
    String line =
        new BufferedReader(new InputStreamReader(process.getInputStream(), US_ASCII)).readLine();
    if (line == null) {
      throw new IOException(main.getSimpleName() + " did not start");
    }
    return new JavaProgram(tree, line);
  }

  /** Writes a line to its standard input. */
  public void tell(String line) throws IOException {
    tree.root().getOutputStream().write((line + "\n").getBytes(US_ASCII));
    tree.root().getOutputStream().flush();
  }

  @Override
  public void close() {
    tree.end();
  }
}
