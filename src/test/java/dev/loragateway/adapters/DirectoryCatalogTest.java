package dev.loragateway.adapters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.adapters.AdapterSettings.Directory;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryCatalogTest {
  @TempDir Path root;
  @TempDir Path elsewhere;
  private final AdapterCatalog catalog = new AdapterCatalog();
  private final List<Boolean> told = new ArrayList<>();
  private DirectoryCatalog directory;

  @BeforeEach
  void open() {
    catalog.expect(Set.of(AdapterCatalog.DIRECTORY));
    directory = new DirectoryCatalog(settings(root), catalog, told::add);
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
    DirectoryCatalog mounted = new DirectoryCatalog(settings(mount), catalog, told::add);
    mounted.scan();
    Files.move(mount, root.resolve("gone"));

    mounted.scan();
    assertThat(names()).containsExactly("a");

    adapter(mount.resolve("b"));
    mounted.scan();
    assertThat(names()).containsExactly("b");
  }

  @Test
  void scan_emptyDirectoryInItsPlace_isTakenForAVolumeThatIsNotMounted() throws IOException {
    Path mount = root.resolve("mount");
    adapter(mount.resolve("a"));
    DirectoryCatalog mounted = new DirectoryCatalog(settings(mount), catalog, told::add);
    mounted.scan();
    Path away = Files.move(mount, root.resolve("away"));
    Files.createDirectory(mount);

    look(mounted, 10 * DirectoryCatalog.EMPTY_LOOKS);
    assertThat(names()).containsExactly("a");
    assertThat(told.removeFirst()).isTrue();
    assertThat(told).containsOnly(false);

    Files.delete(mount);
    adapter(Files.move(away, mount).resolve("b"));
    mounted.scan();
    assertThat(names()).containsExactly("a", "b");
    assertThat(told).last().isEqualTo(true);
  }

  @Test
  void scan_lastAdapterDeleted_countsWhenSomeLooksOnEndHaveFoundNone() throws IOException {
    adapter(root.resolve("a"));
    directory.scan();
    Path config = root.resolve("a").resolve(AdapterFiles.CONFIG);
    Files.delete(config);

    look(directory, DirectoryCatalog.EMPTY_LOOKS - 1);
    assertThat(names()).containsExactly("a");
    adapter(root.resolve("a"));
    directory.scan();
    Files.delete(config);
    look(directory, DirectoryCatalog.EMPTY_LOOKS - 1);
    assertThat(names()).containsExactly("a");

    directory.scan();
    assertThat(names()).isEmpty();
  }

  @Test
  void scan_directoryThatIsEmptyFromTheStart_countsAfterSomeLooks() {
    look(directory, DirectoryCatalog.EMPTY_LOOKS - 1);
    assertThat(catalog.current().complete()).isFalse();

    directory.scan();
    assertThat(catalog.current().complete()).isTrue();
  }

  private static void look(DirectoryCatalog at, int times) {
    for (int i = 0; i < times; i++) {
      at.scan();
    }
  }

  @Test
  void scan_directoryThatWasNeverThere_declaresNothing() {
    new DirectoryCatalog(settings(root.resolve("none")), catalog, told::add).scan();

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
  void scan_linkBesideWhatItLeadsTo_bothNamesCount() throws IOException {
    adapter(root.resolve("team/v1"));
    Files.createSymbolicLink(root.resolve("alias"), root.resolve("team"));
    Files.createSymbolicLink(root.resolve("team/back"), root);

    directory.scan();

    assertThat(names()).containsExactly("alias/v1", "team/v1");
  }

  @Test
  void scan_directoryInsideThatMayNotBeRead_hidesNoneOfTheOthersAndKeepsItsOwn()
      throws IOException {
    adapter(root.resolve("locked/a"));
    adapter(root.resolve("open/a"));
    AtomicBoolean locked = new AtomicBoolean();
    DirectoryCatalog.Listing listing =
        at -> {
          if (locked.get() && at.endsWith("locked")) {
            throw new AccessDeniedException(at.toString());
          }
          return DirectoryCatalog.children(at);
        };
    DirectoryCatalog started = new DirectoryCatalog(settings(root), catalog, told::add, listing);
    started.scan();
    locked.set(true);
    adapter(root.resolve("open/b"));

    started.scan();
    assertThat(names()).containsExactly("locked/a", "open/a", "open/b");

    new DirectoryCatalog(settings(root), catalog, told::add, listing).scan();
    assertThat(names()).containsExactly("open/a", "open/b");
  }

  @Test
  void scan_afterClose_declaresNothing() throws IOException {
    directory.scan();
    adapter(root.resolve("a"));
    directory.close();

    directory.scan();

    assertThat(names()).isEmpty();
    assertThat(told).hasSize(1);
  }
}
