package dev.loragateway.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArtifactStoreTest {
  /** An engine that has loaded nothing. */
  private static final class Nobody implements ArtifactStore.Users {
    @Override
    public Set<String> loaded() {
      return Set.of();
    }

    @Override
    public Set<String> claimed() {
      return Set.of();
    }
  }

  private static final TestAdapter ADAPTER = TestAdapter.of(1);

  @TempDir Path directory;
  private ArtifactStore store;

  @BeforeEach
  void open() throws IOException {
    store =
        ArtifactStore.open(
            directory, Long.MAX_VALUE, new Nobody(), InstantSource.system(), Staging.NEW_FILE);
  }

  @AfterEach
  void close() throws IOException {
    store.close();
  }

  private Lease commit(TestAdapter adapter) throws IOException {
    try (Staging staging = store.stage(FetchLimits.DEFAULTS)) {
      for (Map.Entry<String, byte[]> file : adapter.files().entrySet()) {
        staging.write(file.getKey(), new ByteArrayInputStream(file.getValue()), "the source");
      }
      return store.commit(staging);
    }
  }

  @Test
  void collect_leased_isNotDeletedUntilTheLastIsClosed() throws IOException {
    Lease first = commit(ADAPTER);
    Lease second = store.lease(ADAPTER.sha256());
    first.close();
    first.close();
    store.collect(Long.MAX_VALUE);
    assertThat(store.list()).hasSize(1);
    second.close();
    store.collect(Long.MAX_VALUE);
    assertThat(store.list()).isEmpty();
    assertThat(store.lease(ADAPTER.sha256())).isNull();
    assertThat(store.used()).isZero();
  }

  @Test
  void commit_equalContent_keepsOneCopy() throws IOException {
    try (Lease first = commit(ADAPTER);
        Lease second = commit(ADAPTER)) {
      assertThat(second.artifact()).isEqualTo(first.artifact());
    }
    assertThat(store.list()).hasSize(1);
    assertThat(store.used()).isEqualTo(ADAPTER.bytes());
  }

  @Test
  void stage_closedWithoutCommit_leavesNothing() throws IOException {
    try (Staging staging = store.stage(FetchLimits.DEFAULTS)) {
      byte[] config = ADAPTER.file(TestAdapter.CONFIG);
      staging.write(TestAdapter.CONFIG, new ByteArrayInputStream(config), "the source");
      assertThat(store.used()).isEqualTo(config.length);
    }
    assertThat(store.used()).isZero();
    assertThat(directory.resolve("tmp")).isEmptyDirectory();
  }
}
