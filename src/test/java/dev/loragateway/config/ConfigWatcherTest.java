package dev.loragateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigWatcherTest {
  private static final Duration NO_POLL = Duration.ofMinutes(10);
  private static final Duration POLL = Duration.ofMillis(20);

  @TempDir private Path directory;
  private final Recorder recorder = new Recorder();

  /** Notes each call as one line. */
  private static final class Recorder implements ConfigWatcher.Listener {
    private final BlockingQueue<String> calls = new LinkedBlockingQueue<>();

    @Override
    public void reloaded(GatewayConfig config, List<String> warnings) {
      calls.add("max " + config.proxy().retries().max() + " " + warnings);
    }

    @Override
    public void rejected(List<ConfigError> errors) {
      calls.add("rejected " + errors.getFirst().path());
    }
  }

  @Test
  void file_writtenInPlace_isReloaded() throws IOException {
    Path file = write("gateway.yaml", 1);
    try (ConfigWatcher _ = watch(file, 0, NO_POLL)) {
      expect("max 1 []");
      Files.writeString(file, yaml(2));
      expect("max 2 []");
    }
  }

  @Test
  void file_replacedByRenaming_isReloaded() throws IOException {
    Path file = write("gateway.yaml", 1);
    try (ConfigWatcher _ = watch(file, 1, NO_POLL)) {
      rename(Files.writeString(directory.resolve("next"), yaml(2)), file);
      expect("max 2 []");
    }
  }

  @Test
  void directoryLink_swappedAsKubernetesDoes_isReloaded() throws IOException {
    Files.createDirectories(directory.resolve("..first"));
    Files.createDirectories(directory.resolve("..second"));
    write("..first/gateway.yaml", 1);
    write("..second/gateway.yaml", 2);
    Path data = directory.resolve("..data");
    Files.createSymbolicLink(data, Path.of("..first"));
    Path file =
        Files.createSymbolicLink(directory.resolve("gateway.yaml"), Path.of("..data/gateway.yaml"));
    try (ConfigWatcher _ = watch(file, 1, NO_POLL)) {
      Path next = Files.createSymbolicLink(directory.resolve("..tmp"), Path.of("..second"));
      rename(next, data);
      expect("max 2 []");
    }
  }

  @Test
  void file_linkedFromAnotherDirectory_isReloadedByPolling() throws IOException {
    Files.createDirectories(directory.resolve("elsewhere"));
    Path target = write("elsewhere/real.yaml", 1);
    Path file = Files.createSymbolicLink(directory.resolve("gateway.yaml"), target);
    try (ConfigWatcher _ = watch(file, 1, POLL)) {
      write("elsewhere/real.yaml", 2);
      expect("max 2 []");
    }
  }

  @Test
  void file_brokenThenRestored_isRejectedOnceThenReloaded() throws IOException {
    Path file = write("gateway.yaml", 1);
    try (ConfigWatcher watcher = watch(file, 1, POLL)) {
      write("gateway.yaml", 99);
      expect("rejected retries.max");
      write("gateway.yaml", 1);
      expect("max 1 []");
      Files.delete(file);
      expect("rejected ");
      watcher.reload();
      expect("rejected ");
    }
    assertThat(recorder.calls).isEmpty();
  }

  @Test
  void file_changedBeforeTheStart_isReloaded() throws IOException {
    Path file = write("gateway.yaml", 2);
    try (ConfigWatcher _ = watch(file, 1, NO_POLL)) {
      expect("max 2 []");
    }
  }

  @Test
  void comment_edited_isNoChange() throws IOException {
    Path file = write("gateway.yaml", 1);
    try (ConfigWatcher watcher = watch(file, 1, NO_POLL)) {
      write("gateway.yaml", yaml(1) + "# a comment\n");
      watcher.refresh();
      assertThat(recorder.calls).isEmpty();
      write("gateway.yaml", 2);
      watcher.refresh();
      expect("max 2 []");
    }
    assertThat(recorder.calls).isEmpty();
  }

  @Test
  void address_changed_warnsOfTheRestart() throws IOException {
    Path file = write("gateway.yaml", 1);
    try (ConfigWatcher _ = watch(file, 1, NO_POLL)) {
      write("gateway.yaml", yaml(2) + "listen: :8081\n");
      expect("max 2 [listen needs a restart to take effect]");
      write("gateway.yaml", yaml(3) + "listen: :8081\n");
      expect("max 3 [listen needs a restart to take effect]");
      write("gateway.yaml", 4);
      expect("max 4 []");
    }
  }

  @Test
  void listener_thatThrows_hearsOfTheNextChange() throws IOException {
    Path file = write("gateway.yaml", 1);
    ConfigWatcher.Listener throwing =
        new ConfigWatcher.Listener() {
          @Override
          public void reloaded(GatewayConfig config, List<String> warnings) {
            recorder.reloaded(config, warnings);
            throw new IllegalStateException("a test's listener");
          }

          @Override
          public void rejected(List<ConfigError> errors) {}
        };
    try (ConfigWatcher _ =
        ConfigWatcher.start(file, Map.of(), Configs.valid(yaml(1)), throwing, NO_POLL)) {
      write("gateway.yaml", 2);
      expect("max 2 []");
      write("gateway.yaml", 3);
      expect("max 3 []");
    }
  }

  @Test
  void signal_hangup_reloadsAnUnchangedFileUnlessIgnoredSinceTheStart()
      throws IOException, InterruptedException {
    boolean handled;
    try (HangupSignal probe = HangupSignal.start(() -> {})) {
      handled = probe.handled();
    }
    assertThat(handled).isEqualTo(!ignoresHangup());
    Path file = write("gateway.yaml", 1);
    try (ConfigWatcher watcher = watch(file, 1, NO_POLL)) {
      if (handled) {
        String pid = Long.toString(ProcessHandle.current().pid());
        assertThat(new ProcessBuilder("kill", "-HUP", pid).start().waitFor()).isZero();
      } else {
        watcher.reload();
      }
      expect("max 1 []");
    }
  }

  /**
   * Returns whether the tests were started with SIGHUP ignored, as nohup does; only Linux tells.
   */
  private static boolean ignoresHangup() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return false;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("SigIgn:"))
        .map(line -> new BigInteger(line.substring(7).strip(), 16))
        .anyMatch(mask -> mask.testBit(0));
  }

  @Test
  void watcher_closed_saysNothingMore() throws IOException {
    Path file = write("gateway.yaml", 1);
    ConfigWatcher watcher = watch(file, 1, POLL);
    watcher.close();

    write("gateway.yaml", 2);
    watcher.reload();

    assertThat(recorder.calls).isEmpty();
    watcher.close();
  }

  private ConfigWatcher watch(Path file, int startedWith, Duration poll) {
    return ConfigWatcher.start(file, Map.of(), Configs.valid(yaml(startedWith)), recorder, poll);
  }

  private void expect(String call) {
    await().until(() -> !recorder.calls.isEmpty());
    assertThat(recorder.calls.remove()).isEqualTo(call);
  }

  private Path write(String name, int max) throws IOException {
    return write(name, yaml(max));
  }

  /** Writes so that no reader sees half a file. */
  private Path write(String name, String yaml) throws IOException {
    Path file = directory.resolve(name);
    rename(Files.writeString(directory.resolve("written"), yaml), file);
    return file;
  }

  private static void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static String yaml(int max) {
    return Configs.MINIMAL + "retries: { max: " + max + " }\n";
  }
}
