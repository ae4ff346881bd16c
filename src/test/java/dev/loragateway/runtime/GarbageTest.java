package dev.loragateway.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.loragateway.runtime.RuntimeExtension.Answer;
import dev.loragateway.sim.SimFault;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is deleted, and what never is. */
class GarbageTest {
  private static final int WEIGHTS = 64 << 10;

  @RegisterExtension final RuntimeExtension runtime = new RuntimeExtension();
  private final AtomicLong seconds = new AtomicLong();

  @BeforeEach
  void roomForTwo() {
    runtime.options.maxTotal = 2 * WEIGHTS + 4096;
    runtime.options.clock = () -> Instant.ofEpochSecond(seconds.incrementAndGet());
  }

  private static TestAdapter adapter(int seed) {
    return TestAdapter.of(seed, WEIGHTS);
  }

  private Answer load(int seed) throws IOException {
    Path files = runtime.files().resolve("a" + seed);
    if (Files.notExists(files)) {
      adapter(seed).write(files);
    }
    return runtime.load("a" + seed, "file://" + files);
  }

  private void assertThere(int... seeds) throws IOException {
    try (var artifacts = Files.list(runtime.volume().resolve("artifacts"))) {
      assertThat(artifacts.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder(
              Arrays.stream(seeds).mapToObj(seed -> adapter(seed).sha256()).toArray(String[]::new));
    }
    try (var temporary = Files.list(runtime.volume().resolve("tmp"))) {
      assertThat(temporary).isEmpty();
    }
    long bytes = Arrays.stream(seeds).mapToLong(seed -> adapter(seed).bytes()).sum();
    assertThat(runtime.state().path("bytes").asLong()).isEqualTo(bytes);
  }

  @Test
  void load_noRoom_deletesTheLeastRecentlyUsedThatIsNotLoaded() throws IOException {
    runtime.start();
    load(1);
    load(2);
    runtime.unload("a1");
    runtime.unload("a2");
    load(1);
    runtime.unload("a1");
    assertThat(load(3).status()).isEqualTo(200);
    assertThere(1, 3);
  }

  @Test
  void load_allLoaded_isRefusedAndLeavesNothing() throws IOException {
    runtime.start();
    load(1);
    load(2);
    Answer answer = load(3);
    assertThat(answer.status()).isEqualTo(507);
    assertThat(answer.type()).isEqualTo("InsufficientStorage");
    assertThere(1, 2);
    runtime.unload("a1");
    assertThat(load(3).status()).isEqualTo(200);
    assertThere(2, 3);
  }

  @Test
  void unload_withoutCleanup_keepsTheArtifact() throws IOException {
    runtime.start();
    load(1);
    load(2);
    runtime.post(
        "/v1/lora_adapter/unload", RuntimeExtension.loading("a1", "").put("cleanup_local", false));
    assertThat(load(3).status()).isEqualTo(507);
    assertThere(1, 2);
  }

  @Test
  void engine_thatHasRestarted_usesNothing() throws IOException {
    runtime.start();
    load(1);
    load(2);
    runtime.sim().faults().restart();
    assertThat(load(3).status()).isEqualTo(200);
    assertThere(2, 3);
    assertThat(load(2).status()).isEqualTo(200);
    assertThat(runtime.loaded()).containsOnlyKeys("a2", "a3");
  }

  @Test
  void restart_namesAreLearnedFromTheEngine() throws IOException {
    runtime.start();
    load(1);
    load(2);
    runtime.restart();
    assertThat(load(3).status()).isEqualTo(507);
    assertThere(1, 2);
    JsonNode first = runtime.artifacts("ready").getFirst();
    assertThat(first.path("names")).hasSize(1);
    assertThat(first.path("source").asText()).startsWith("file:///");
    runtime.unload("a2");
    assertThat(load(3).status()).isEqualTo(200);
    assertThere(1, 3);
  }

  @Test
  void restart_whileTheEngineIsAway_deletesNothing() throws IOException {
    runtime.start();
    load(1);
    load(2);
    runtime.restart();
    runtime.sim().faults().on(SimFault.REFUSE);
    assertThat(load(3).status()).isEqualTo(507);
    assertThere(1, 2);
  }

  @Test
  void restart_whatIsNotLoaded_isKnownByItsAge() throws IOException {
    runtime.start();
    load(1);
    load(2);
    runtime.unload("a1");
    runtime.unload("a2");
    load(1);
    runtime.unload("a1");
    runtime.restart();
    load(3);
    assertThere(1, 3);
  }

  @Test
  void load_largerThanAll_isRefused() throws IOException {
    runtime.options.maxTotal = WEIGHTS;
    runtime.start();
    assertThat(load(1).status()).isEqualTo(507);
    assertThere();
  }

  @Test
  void load_fullDisk_isToldAndLeavesRoomForTheNextTry() throws IOException {
    AtomicBoolean full = new AtomicBoolean();
    runtime.options.maxTotal = Long.MAX_VALUE;
    runtime.options.opener =
        file ->
            full.get()
                ? FileChannel.open(Path.of("/dev/full"), StandardOpenOption.WRITE)
                : Staging.NEW_FILE.open(file);
    runtime.start();
    load(1);
    load(2);
    runtime.unload("a1");
    full.set(true);
    Answer answer = load(3);
    assertThat(answer.status()).isEqualTo(507);
    assertThat(answer.message()).isEqualTo("the volume is full");
    await().atMost(RuntimeExtension.SOON).untilAsserted(() -> assertThere(2));
    full.set(false);
    assertThat(load(3).status()).isEqualTo(200);
    assertThere(2, 3);
  }

  @Test
  void start_leftoversAndDamage_areNotServed() throws IOException {
    runtime.start();
    load(1);
    load(2);
    Path volume = runtime.volume();
    runtime.unload("a1");
    Files.createDirectories(volume.resolve("tmp/7/files"));
    Files.writeString(volume.resolve("tmp/7/files/adapter_config.json"), "{");
    Files.writeString(volume.resolve("index.json"), "{\"x\":");
    Files.writeString(runtime.artifact(adapter(1).sha256()).resolve(TestAdapter.WEIGHTS), "cut");
    runtime.restart();
    assertThat(volume.resolve("tmp")).isEmptyDirectory();
    assertThat(runtime.artifacts("ready")).hasSize(1);
    assertThat(load(1).status()).isEqualTo(200);
    assertThat(runtime.artifact(adapter(1).sha256()).resolve(TestAdapter.WEIGHTS))
        .hasBinaryContent(adapter(1).file(TestAdapter.WEIGHTS));
  }
}
