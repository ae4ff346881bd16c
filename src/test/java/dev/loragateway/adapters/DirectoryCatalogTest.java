package dev.loragateway.adapters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.adapters.AdapterSettings.Directory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryCatalogTest {
  @TempDir Path root;
  @TempDir Path elsewhere;
  private final AdapterCatalog catalog = new AdapterCatalog();
  private DirectoryCatalog directory;

  @BeforeEach
  void open() {
    catalog.expect(Set.of(AdapterCatalog.DIRECTORY));
    directory = new DirectoryCatalog(settings(root), catalog);
  }

  private static Directory settings(Path path) {
    return new Directory(path, "/models", Duration.ofSeconds(10), "base", Replicas.of(2));
  }

  private static void adapter(Path at) throws IOException {
    Files.createDirectories(at);
    Files.writeString(at.resolve(AdapterFiles.CONFIG), "{}");
  }

  private Set<String> names() {
    return catalog.current().adapters().keySet();
  }

  @Test
  void scan_directoriesOfAdapters_areNamedByTheirPaths() throws IOException {
    adapter(root.resolve("acme/llama/support/v1"));
    adapter(root.resolve("acme/llama/support/v1/checkpoint-10"));
    adapter(root.resolve("flat"));
    Files.createDirectories(root.resolve("empty/too"));

    directory.scan();

    assertThat(names()).containsExactly("acme/llama/support/v1", "flat");
    AdapterSpec spec =
        Objects.requireNonNull(catalog.current().adapters().get("acme/llama/support/v1")).spec();
    assertThat(spec.source().path()).isEqualTo("/models/acme/llama/support/v1");
    assertThat(Files.isSameFile(spec.source().local(), root.resolve("acme/llama/support/v1")))
        .isTrue();
    assertThat(spec.baseModel()).isEqualTo("base");
    assertThat(spec.replicas()).isEqualTo(Replicas.of(2));
    assertThat(catalog.current().complete()).isTrue();
  }

  @Test
  void scan_again_seesWhatCameAndWhatWent() throws IOException {
    adapter(root.resolve("a"));
    directory.scan();
    adapter(root.resolve("b"));
    Files.delete(root.resolve("a").resolve(AdapterFiles.CONFIG));

    directory.scan();

    assertThat(names()).containsExactly("b");
  }

  @Test
  void scan_directoryThatVanished_keepsWhatWasFound() throws IOException {
    Path mount = root.resolve("mount");
    adapter(mount.resolve("a"));
    DirectoryCatalog mounted = new DirectoryCatalog(settings(mount), catalog);
    mounted.scan();
    Files.move(mount, root.resolve("gone"));

    mounted.scan();
    assertThat(names()).containsExactly("a");

    Files.createDirectory(mount);
    mounted.scan();
    assertThat(names()).isEmpty();
  }

  @Test
  void scan_directoryThatWasNeverThere_declaresNothing() {
    new DirectoryCatalog(settings(root.resolve("none")), catalog).scan();

    assertThat(catalog.current().complete()).isFalse();
  }

  @Test
  void scan_links_areFollowedInsideOnly() throws IOException {
    adapter(elsewhere.resolve("secret"));
    adapter(root.resolve("..data/real"));
    Files.createSymbolicLink(root.resolve("real"), root.resolve("..data/real"));
    Files.createSymbolicLink(root.resolve("outside"), elsewhere.resolve("secret"));
    Files.createSymbolicLink(root.resolve("further"), elsewhere);
    Files.createSymbolicLink(root.resolve("loop"), root);

    directory.scan();

    assertThat(names()).containsExactly("real");
  }

  @Test
  void scan_namesThatCannotBe_areLeftOut() throws IOException {
    adapter(root.resolve("with space"));
    adapter(root.resolve("a@123456789012"));
    adapter(root.resolve("fine"));

    directory.scan();

    assertThat(names()).containsExactly("fine");
  }

  @Test
  void scan_linksThatLeadNowhere_holdUpNothing() throws IOException {
    adapter(root.resolve("a"));
    Files.createSymbolicLink(root.resolve("circle"), root.resolve("circle"));
    Files.createSymbolicLink(root.resolve("dangling"), root.resolve("none"));

    directory.scan();

    assertThat(names()).containsExactly("a");
  }

  @Test
  void scan_hiddenDirectories_areNobodysAdapters() throws IOException {
    adapter(root.resolve(".cache/a"));
    adapter(root.resolve("..2026/b"));
    adapter(root.resolve("acme/.git"));

    directory.scan();

    assertThat(names()).isEmpty();
    assertThat(catalog.current().complete()).isTrue();
  }

  @Test
  void scan_nothingChanged_declaresNothing() throws IOException {
    adapter(root.resolve("a"));
    directory.scan();
    AtomicInteger changes = new AtomicInteger();
    catalog.onChange(changes::incrementAndGet);

    directory.scan();
    assertThat(changes).hasValue(0);

    adapter(root.resolve("b"));
    directory.scan();
    assertThat(changes).hasValue(1);
  }

  @Test
  void scan_afterClose_leavesWhatTheNextOneDeclared() throws IOException {
    adapter(root.resolve("old"));
    adapter(elsewhere.resolve("next"));
    directory.close();
    new DirectoryCatalog(settings(elsewhere), catalog).scan();

    directory.scan();

    assertThat(names()).containsExactly("next");
  }
}
