package dev.loragateway.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class SimCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void sim_started_printsOneLineAndRunsUntilInterrupted() throws InterruptedException {
    CompletableFuture<Integer> exit = new CompletableFuture<>();
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> exit.complete(run("--port", "0", "--adapters", "a,b", "--max-loras", "2")));
    await().until(() -> out.toString().contains("\n"));
    assertThat(out.toString())
        .matches(
            "simulated server on http://127\\.0\\.0\\.1:\\d+: base with 2 GPU slots; adapters: a"
                + " b\\R");
    thread.interrupt();
    thread.join();
    assertThat(exit).isCompletedWithValue(0);
  }

  @Test
  void sim_busyPort_exits1AndNamesIt() {
    try (SimulatedServer server = SimulatedServer.start(SimSettings.of("base"))) {
      assertThat(run("--port", String.valueOf(server.port()))).isEqualTo(1);
      assertThat(err.toString()).contains("cannot listen on " + server.address());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "--pcie, gen9, 'gen3, gen4 or gen5'",
    "--adapter-bytes, much, 100MB",
    "--token-time, 20, 20ms",
    "--max-loras, 0, maxLoras: 0 (expected: >= 1)",
    "--max-cpu-loras, 1, maxCpuLoras: 1 (expected: >= 4)",
    "--loadable, a=x, NAME=SIZE"
  })
  void sim_badValue_exits2AndSaysWhatWasExpected(String option, String value, String message) {
    assertThat(run("--port", "0", option, value)).isEqualTo(2);
    assertThat(err.toString()).contains(message);
  }

  @Test
  void sim_help_hasExamples() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString()).contains("Examples:", "--max-loras", "/sim/faults");
  }

  private int run(String... arguments) {
    return new CommandLine(new SimCommand())
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }
}
