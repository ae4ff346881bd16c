package dev.loragateway.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.loragateway.runtime.Archives.TarContent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArchiveTest {
  private static final TestAdapter ADAPTER = TestAdapter.of(1);
  private static final FetchLimits LIMITS =
      new FetchLimits(4 << 20, 20, Duration.ofSeconds(10), Duration.ofMinutes(1));

  @TempDir Path directory;
  private Staging staging;

  @BeforeEach
  void stage() throws IOException {
    staging =
        new Staging(
            directory.resolve("work"),
            LIMITS,
            new Space(Long.MAX_VALUE, bytes -> {}),
            Staging.NEW_FILE);
  }

  private void unpack(byte[] archive, Archive.Format format) throws IOException {
    Path file = Files.write(directory.resolve("archive"), archive);
    Archive.unpack(file, format, staging, "the source");
  }

  private void unpackTar(byte[] archive) throws IOException {
    unpack(archive, new TarFormat(false));
  }

  private void assertUnpacked() throws IOException {
    assertThat(staging.files()).containsOnlyKeys(ADAPTER.files().keySet());
    for (String name : ADAPTER.files().keySet()) {
      assertThat(staging.filesDirectory().resolve(name)).hasBinaryContent(ADAPTER.file(name));
    }
    assertNothingElse();
  }

  /** Whatever an archive has in it, nothing lies outside of the staged files. */
  private void assertNothingElse() throws IOException {
    try (var files = Files.walk(directory)) {
      assertThat(files.filter(Files::isRegularFile).map(file -> directory.relativize(file)))
          .allMatch(file -> file.equals(Path.of("archive")) || file.startsWith("work/files"));
    }
  }

  private void assertRefused(byte[] archive, Archive.Format format, String why) throws IOException {
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> unpack(archive, format))
        .satisfies(e -> assertThat(e.problem()).isEqualTo(Problem.ADAPTER_REFUSED))
        .withMessageContaining(why);
    assertNothingElse();
  }

  private void assertTarRefused(TarContent content, String why) throws IOException {
    assertRefused(Archives.tar(content), new TarFormat(false), why);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "./", "adapter/", "./runs/7/checkpoint/"})
  void unpack_adapterAnywhere_isTaken(String prefix) throws IOException {
    unpackTar(Archives.tar(ADAPTER, prefix));
    assertUnpacked();
  }

  @Test
  void unpack_gzipAndZip_areTaken() throws IOException {
    unpack(Archives.gzip(Archives.tar(ADAPTER, "a/")), new TarFormat(true));
    assertUnpacked();
    staging.close();
    stage();
    unpack(Archives.zip(ADAPTER, "a/"), new ZipFormat());
    assertUnpacked();
  }

  @Test
  void unpack_otherFiles_areLeftOut() throws IOException {
    byte[] archive =
        Archives.tar(
            tar -> {
              Archives.add(tar, "a/README.md", new byte[10]);
              Archives.add(tar, "a/optimizer.pt", new byte[1000]);
              Archives.add(tar, "a/adapter_model.bin", new byte[10]);
              Archives.add(tar, "elsewhere.json", new byte[10]);
              Archives.add(tar, ADAPTER, "a/");
              Archives.add(tar, TestAdapter.of(2), "a/checkpoint-500/");
            });
    unpackTar(archive);
    assertUnpacked();
    assertThat(staging.sawPickle()).isTrue();
  }

  @Test
  void unpack_severalAdaptersOfOneDepth_isRefused() throws IOException {
    assertTarRefused(
        tar -> {
          Archives.add(tar, ADAPTER, "a/");
          Archives.add(tar, TestAdapter.of(2), "b/");
        },
        "has several adapters");
    assertTarRefused(tar -> Archives.add(tar, "a/x.json", new byte[1]), "has no adapters");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../evil.json",
        "/tmp/evil.json",
        "a/../../evil.json",
        "a/..",
        "..",
        "C:/evil.json",
        "a\\..\\evil.json",
        "a/\u0001.json"
      })
  void unpack_nameThatLeadsElsewhere_isRefused(String name) throws IOException {
    assertTarRefused(
        tar -> {
          Archives.add(tar, ADAPTER, "");
          Archives.add(tar, name, new byte[1]);
        },
        "the archive has an entry");
    if (!name.contains("\\")) { // which the library turns into slashes itself
      byte[] zip =
          Archives.zip(
              out -> {
                Archives.add(out, ADAPTER, "");
                Archives.add(out, name, new byte[1], 0100644);
              });
      assertRefused(zip, new ZipFormat(), "the archive has an entry");
    }
  }

  @ParameterizedTest
  @ValueSource(
      bytes = {
        TarConstants.LF_SYMLINK,
        TarConstants.LF_LINK,
        TarConstants.LF_CHR,
        TarConstants.LF_BLK,
        TarConstants.LF_FIFO
      })
  void unpack_whatIsNoFile_isRefused(byte kind) throws IOException {
    assertTarRefused(
        tar -> {
          Archives.add(tar, TestAdapter.CONFIG, ADAPTER.file(TestAdapter.CONFIG));
          Archives.add(tar, TestAdapter.WEIGHTS, kind, "/etc/passwd");
        },
        "something else that is no file");
  }

  @Test
  void unpack_linkToADirectoryThenAFileInIt_isRefused() throws IOException {
    assertTarRefused(
        tar -> {
          Archives.add(tar, "a", TarConstants.LF_SYMLINK, "/tmp");
          Archives.add(tar, ADAPTER, "a/");
        },
        "something else that is no file");
  }

  @Test
  void unpack_symlinkInAZip_isRefused() throws IOException {
    byte[] zip =
        Archives.zip(
            out -> {
              Archives.add(out, TestAdapter.CONFIG, "/etc/passwd".getBytes(UTF_8), 0120777);
              Archives.add(out, TestAdapter.WEIGHTS, new byte[1], 0100644);
            });
    assertRefused(zip, new ZipFormat(), "something else that is no file");
  }

  @Test
  void unpack_sameNameTwice_isRefused() throws IOException {
    assertTarRefused(
        tar -> {
          Archives.add(tar, ADAPTER, "");
          Archives.add(tar, "./" + TestAdapter.CONFIG, new byte[1]);
        },
        "has adapter_config.json twice");
  }

  @Test
  void unpack_tooManyEntries_isRefused() throws IOException {
    assertTarRefused(
        tar -> {
          Archives.add(tar, ADAPTER, "");
          for (int i = 0; i < 20; i++) {
            Archives.add(tar, "x" + i, new byte[0]);
          }
        },
        "more than 20 entries");
  }

  @Test
  void unpack_bombs_stopAtTheLimit() throws IOException {
    TestAdapter large = TestAdapter.of(0, 8 << 20);
    byte[] gzip = Archives.gzip(Archives.tar(large, ""));
    byte[] zip = Archives.zip(large, "");
    assertThat(Math.max(gzip.length, zip.length)).isLessThan(100_000);
    assertTooLarge(gzip, new TarFormat(true));
    assertTooLarge(zip, new ZipFormat());
    assertThat(staging.written()).isLessThanOrEqualTo(LIMITS.maxBytes());
  }

  @Test
  void unpack_bombInAFileThatIsNotKept_stopsAtTheLimit() throws IOException {
    byte[] archive =
        Archives.tar(
            tar -> {
              Archives.add(tar, "optimizer.pt", new byte[8 << 20]);
              Archives.add(tar, ADAPTER, "");
            });
    assertTooLarge(Archives.gzip(archive), new TarFormat(true));
    assertThat(staging.written()).isZero();
  }

  private void assertTooLarge(byte[] archive, Archive.Format format) {
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> unpack(archive, format))
        .satisfies(e -> assertThat(e.problem()).isEqualTo(Problem.ADAPTER_TOO_LARGE));
  }

  @Test
  void unpack_hugeHeader_isRefusedBeforeItIsInMemory() throws IOException {
    assertTarRefused(
        tar -> {
          TarArchiveEntry entry = new TarArchiveEntry("a.json", true);
          entry.addPaxHeader("comment", "x".repeat(2 << 20));
          tar.putArchiveEntry(entry);
          tar.closeArchiveEntry();
        },
        "has a header of more than");
  }

  @Test
  void unpack_hugeDirectoryOfAZip_isRefusedBeforeItIsInMemory() throws IOException {
    byte[] zip =
        Archives.zip(
            out -> {
              for (int i = 0; i < 50_000; i++) {
                Archives.add(out, "x".repeat(150) + i, new byte[0], 0100644);
              }
            });
    assertRefused(zip, new ZipFormat(), "the archive's directory is larger than");
  }

  @Test
  void unpack_whatIsCutOffOrNone_isRefused() throws IOException {
    byte[] tar = Archives.tar(ADAPTER, "");
    byte[] gzip = Archives.gzip(tar);
    byte[] zip = Archives.zip(ADAPTER, "");
    assertRefused(Arrays.copyOf(tar, 700), new TarFormat(false), "the source");
    assertRefused(Arrays.copyOf(gzip, gzip.length / 2), new TarFormat(true), "no whole archive");
    assertRefused(Arrays.copyOf(zip, zip.length / 2), new ZipFormat(), "no whole archive");
    assertRefused("<html>".getBytes(UTF_8), new TarFormat(true), "no whole archive");
    assertRefused("<html>".getBytes(UTF_8), new ZipFormat(), "no whole archive");
  }
}
