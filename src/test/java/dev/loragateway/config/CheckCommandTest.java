package dev.loragateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CheckCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  @TempDir private Path directory;

  @Test
  void file_valid_isCountedWithExitCode0() throws IOException {
    Path file = write(Configs.MINIMAL + "    queue: { capacity: 5 }\n");

    assertThat(check(file.toString())).isZero();
    assertThat(out.toString().lines()).containsExactly(file + " is valid: 1 pool, 1 endpoint");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void file_withTwoPools_isCounted() {
    assertThat(check("config/examples/two-pools.yaml")).isZero();
    assertThat(out.toString().strip())
        .isEqualTo("config/examples/two-pools.yaml is valid: 2 pools, 5 endpoints");
  }

  @Test
  void file_invalid_isListedOnErrWithExitCode2() throws IOException {
    Path file = write(Configs.MINIMAL + "retries: { max: x, budget: 5 }\n");

    assertThat(check(file.toString())).isEqualTo(2);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString().lines())
        .containsExactly(
            file
                + ":5: retries.max: \"x\" is not a whole number (expected: a whole number from 0"
                + " to 10)",
            file
                + ":5: retries.budget: \"5\" has no percent sign (expected: a whole percentage"
                + " from 0% to 100%, as 20%)",
            file + " is not valid: 2 errors");
  }

  @Test
  void variables_ofTheEnvironment_areExpanded() throws IOException {
    Path file = write(Configs.MINIMAL + "listen: 127.0.0.1:${PORT}\n");

    assertThat(check(file.toString())).isZero();
  }

  @Test
  void file_notGiven_isAUsageError() {
    assertThat(check()).isEqualTo(2);
    assertThat(err.toString()).contains("Missing required parameter: 'FILE'");
  }

  private int check(String... arguments) {
    return new CommandLine(new CheckCommand(Map.of("PORT", "8088")))
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments);
  }

  private Path write(String yaml) throws IOException {
    return Files.writeString(directory.resolve("gateway.yaml"), yaml);
  }
}
