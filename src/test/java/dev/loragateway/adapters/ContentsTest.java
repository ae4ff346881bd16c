package dev.loragateway.adapters;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.adapters.Content.Refused;
import dev.loragateway.adapters.Content.Settled;
import dev.loragateway.adapters.Content.Unsettled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContentsTest {
  private static final String CONFIG = "{\"peft_type\":\"LORA\",\"r\":1,\"bias\":\"none\"}";
  private static final String HEADER =
      "{\"q.lora_A.weight\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[0,4]}}";
  private static final long WRITTEN = 1_000_000;

  @TempDir Path root;
  private final AtomicLong clock = new AtomicLong(WRITTEN + 60_000);
  private final Contents contents = new Contents(clock::get);

  private Path write(String name, int weight) throws IOException {
    Path directory = Files.createDirectories(root.resolve(name));
    Files.writeString(directory.resolve(AdapterFiles.CONFIG), CONFIG);
    byte[] header = HEADER.getBytes(UTF_8);
    ByteBuffer file = ByteBuffer.allocate(Long.BYTES + header.length + Integer.BYTES);
    file.order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).put(header).putInt(weight);
    Files.write(directory.resolve(AdapterFiles.WEIGHTS), file.array());
    touch(directory, WRITTEN);
    return directory;
  }

  private static void touch(Path directory, long millis) throws IOException {
    for (String file : new String[] {AdapterFiles.CONFIG, AdapterFiles.WEIGHTS}) {
      Files.setLastModifiedTime(directory.resolve(file), FileTime.fromMillis(millis));
    }
  }

  private Content of(Path directory) {
    return contents.of(new AdapterSpec("a", "base", AdapterSource.directory(directory)));
  }

  private String revision(Path directory) {
    return ((Settled) of(directory)).revision();
  }

  private String revision(String url, String sha256) {
    AdapterSource source = new AdapterSource(url, sha256, Map.of(), null);
    return ((Settled) contents.of(new AdapterSpec("a", "base", source))).revision();
  }

  @Test
  void of_equalFiles_haveOneRevisionWhereverTheyLieAndWheneverTheyWereWritten() throws IOException {
    Path first = write("first", 7);
    Path second = write("second", 7);
    touch(second, WRITTEN + 5_000);

    assertThat(revision(first)).matches("[0-9a-f]{12}").isEqualTo(revision(second));
    assertThat(revision(write("third", 8))).isNotEqualTo(revision(first));
    assertThat(Objects.requireNonNull(((Settled) of(first)).facts()).rank()).isEqualTo(1);
  }

  @Test
  void of_anotherConfig_isAnotherRevision() throws IOException {
    Path directory = write("a", 7);
    String before = revision(directory);
    Files.writeString(directory.resolve(AdapterFiles.CONFIG), CONFIG + "\n");
    touch(directory, WRITTEN);

    assertThat(revision(directory)).isNotEqualTo(before);
  }

  @Test
  void of_unchangedFile_isReadOnce() throws IOException {
    Path directory = write("a", 7);
    String before = revision(directory);
    Path weights = directory.resolve(AdapterFiles.WEIGHTS);
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1]++;
    Files.write(weights, bytes);
    touch(directory, WRITTEN);

    assertThat(revision(directory)).as("same size, time and file").isEqualTo(before);

    touch(directory, WRITTEN + 1);
    assertThat(revision(directory)).isNotEqualTo(before);
  }

  @Test
  void of_fileReplacedByOneOfItsSizeAndTime_isReadAgain() throws IOException {
    Path directory = write("a", 7);
    String before = revision(directory);
    Path next = write("next", 8);
    Path weights = directory.resolve(AdapterFiles.WEIGHTS);
    Files.move(weights, root.resolve("old"));
    Files.move(next.resolve(AdapterFiles.WEIGHTS), weights);

    assertThat(revision(directory)).isNotEqualTo(before);
  }

  @Test
  void of_filesWrittenJustNow_areUnsettledForASecond() throws IOException {
    Path directory = write("a", 7);
    clock.set(WRITTEN + 999);
    assertThat(of(directory)).isInstanceOf(Unsettled.class);

    clock.set(WRITTEN + 1000);
    assertThat(of(directory)).isInstanceOf(Settled.class);
  }

  @Test
  void of_filesAheadOfTheClock_settleOnceTheyStayedTheSame() throws IOException {
    Path directory = write("a", 7);
    touch(directory, WRITTEN + 3_600_000);
    assertThat(of(directory)).isInstanceOf(Unsettled.class);

    clock.addAndGet(999);
    assertThat(of(directory)).isInstanceOf(Unsettled.class);
    touch(directory, WRITTEN + 3_700_000);
    clock.addAndGet(1);
    assertThat(of(directory)).as("written again meanwhile").isInstanceOf(Unsettled.class);

    clock.addAndGet(1000);
    assertThat(of(directory)).isInstanceOf(Settled.class);
  }

  @Test
  void of_adapterWithoutWeights_isRefusedUntilTheyCome() throws IOException {
    Path directory = write("a", 7);
    Path weights = directory.resolve(AdapterFiles.WEIGHTS);
    Path aside = root.resolve("aside");
    Files.move(weights, aside);
    assertThat(of(directory)).isEqualTo(new Refused("there is no " + AdapterFiles.WEIGHTS));

    Files.move(aside, weights);
    assertThat(of(directory)).isInstanceOf(Settled.class);
  }

  @Test
  void of_weightsThatEndTooEarly_areRefused() throws IOException {
    Path directory = write("a", 7);
    Path weights = directory.resolve(AdapterFiles.WEIGHTS);
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(bytes, bytes.length - 1));
    touch(directory, WRITTEN);

    assertThat(of(directory)).isInstanceOf(Refused.class);
  }

  @Test
  void of_directoryThatIsNotThere_isRefused() {
    assertThat(of(root.resolve("none"))).isInstanceOf(Refused.class);
  }

  @Test
  void of_sourceThatIsNotSeen_hasTheRevisionOfItsUrlAndDigest() {
    String digest = "0".repeat(64);

    assertThat(revision("s3://b/a", digest))
        .isEqualTo(revision("s3://b/a", digest))
        .isNotEqualTo(revision("s3://b/a2", digest))
        .isNotEqualTo(revision("s3://b/a", "1".repeat(64)));
  }
}
