package dev.loragateway.adapters;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.adapters.Content.Refused;
import dev.loragateway.adapters.Content.Settled;
import dev.loragateway.adapters.Content.Unsettled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContentsTest {
  private static final long WRITTEN = 1_000_000_000;
  private static final String HEADER =
      "{\"q.lora_A.weight\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";

  @TempDir Path root;
  private final AtomicLong clock = new AtomicLong(WRITTEN + 60_000);
  private final Contents contents = new Contents(clock::get);
  private Path directory;

  @BeforeEach
  void open() throws IOException {
    directory = write(root.resolve("a"), 8, 1, WRITTEN);
  }

  /** An adapter of this rank whose weights are {@code value}, written at a moment. */
  private static Path write(Path at, int rank, int value, long millis) throws IOException {
    Files.createDirectories(at);
    Files.writeString(at.resolve(AdapterFiles.CONFIG), "{\"r\":" + rank + "}");
    byte[] json = HEADER.getBytes(UTF_8);
    ByteBuffer weights = ByteBuffer.allocate(Long.BYTES + json.length + 4);
    weights.order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json).putInt(value);
    Files.write(at.resolve(AdapterFiles.WEIGHTS), weights.array());
    date(at, millis);
    return at;
  }

  private static void date(Path at, long millis) throws IOException {
    FileTime time = FileTime.fromMillis(millis);
    Files.setLastModifiedTime(at.resolve(AdapterFiles.CONFIG), time);
    Files.setLastModifiedTime(at.resolve(AdapterFiles.WEIGHTS), time);
  }

  private static AdapterSpec spec(Path at) {
    return new AdapterSpec("a", "base", AdapterSource.directory(at));
  }

  private Content content() {
    return contents.of(spec(directory));
  }

  private String revision() {
    return ((Settled) content()).revision();
  }

  @Test
  void of_wholeFiles_tellsTheirRevisionAndFacts() {
    Settled settled = (Settled) content();

    assertThat(settled.revision()).matches("[0-9a-f]{12}");
    assertThat(settled.facts()).isNotNull();
    assertThat(settled.facts().rank()).isEqualTo(8);
  }

  @Test
  void of_unchangedFiles_areReadOnce() throws IOException {
    Content first = content();
    write(directory, 8, 2, WRITTEN);

    assertThat(content()).isSameAs(first);
  }

  @Test
  void of_changedContent_hasAnotherRevision() throws IOException {
    String first = revision();
    write(directory, 8, 2, WRITTEN + 5000);

    assertThat(revision()).isNotEqualTo(first);
  }

  @Test
  void of_touchedFiles_haveTheSameRevision() throws IOException {
    Content first = content();
    date(directory, WRITTEN + 5000);

    assertThat(content()).isNotSameAs(first).isEqualTo(first);
  }

  @Test
  void of_equalFilesElsewhere_haveTheSameRevision() throws IOException {
    Path copy = write(root.resolve("b"), 8, 1, WRITTEN + 1);

    assertThat(contents.of(spec(copy))).isEqualTo(content());
  }

  @Test
  void of_filesYoungerThanASecond_areUnsettled() {
    clock.set(WRITTEN + 999);
    assertThat(content()).isInstanceOf(Unsettled.class);

    clock.set(WRITTEN + 1000);
    assertThat(content()).isInstanceOf(Settled.class);
  }

  @Test
  void of_oneFileYoungerThanASecond_isUnsettled() throws IOException {
    Files.setLastModifiedTime(
        directory.resolve(AdapterFiles.WEIGHTS), FileTime.fromMillis(clock.get() - 1));

    assertThat(content()).isInstanceOf(Unsettled.class);
  }

  @Test
  void of_filesChangedWhileTheyAreRead_areUnsettled() {
    AtomicLong asked = new AtomicLong();
    Contents watched =
        new Contents(
            () -> {
              if (asked.getAndIncrement() == 0) {
                rewrite();
              }
              return clock.get();
            });

    assertThat(watched.of(spec(directory))).isInstanceOf(Unsettled.class);
    assertThat(watched.of(spec(directory))).isInstanceOf(Settled.class);
  }

  private void rewrite() {
    try {
      write(directory, 8, 3, WRITTEN + 5000);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void of_filesThatNobodyCanServe_areRefused_untilTheyChange() throws IOException {
    write(directory, 0, 1, WRITTEN);
    assertThat(content())
        .isEqualTo(new Refused("adapter_config.json: r is 0 (expected: a number from 1)"));

    write(directory, 4, 1, WRITTEN + 5000);
    assertThat(content()).isInstanceOf(Settled.class);
  }

  @Test
  void of_weightsThatCameLater_areSeen() throws IOException {
    Path weights = directory.resolve(AdapterFiles.WEIGHTS);
    Path away = Files.move(weights, root.resolve("away"));
    assertThat(content()).isEqualTo(new Refused("there is no adapter_model.safetensors"));

    Files.move(away, weights);
    assertThat(content()).isInstanceOf(Settled.class);
  }

  @Test
  void of_filesThatVanished_areRefused() throws IOException {
    content();
    Files.delete(directory.resolve(AdapterFiles.CONFIG));

    assertThat(content()).isInstanceOf(Refused.class);
  }

  @Test
  void of_sourceThatTheGatewayDoesNotSee_hasARevisionByItsAddressAndDigest() {
    Content first = remote("s3://bucket/a", null);

    assertThat(first).isInstanceOf(Settled.class).isEqualTo(remote("s3://bucket/a", null));
    assertThat(((Settled) first).facts()).isNull();
    assertThat(first)
        .isNotEqualTo(remote("s3://bucket/b", null))
        .isNotEqualTo(remote("s3://bucket/a", "00"));
  }

  private Content remote(String url, @Nullable String sha256) {
    return contents.of(
        new AdapterSpec("a", "base", new AdapterSource(url, sha256, Map.of(), null)));
  }
}
