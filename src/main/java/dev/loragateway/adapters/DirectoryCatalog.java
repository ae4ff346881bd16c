package dev.loragateway.adapters;

import dev.loragateway.adapters.AdapterCatalog.Declared;
import dev.loragateway.adapters.AdapterSettings.Directory;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Declares what lies in a directory: each directory with an {@code adapter_config.json} is an
 * adapter, named by its path in it. Links are followed as long as they stay inside. It is looked
 * through over and over, since network volumes tell of no changes; while it cannot be, what was
 * found last counts. {@link #scan} is confined to one thread, its own once it is started.
 */
public final class DirectoryCatalog implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DirectoryCatalog.class);

  /** Directories deep, so that a mistaken path costs a bounded time. */
  private static final int DEEPEST = 8;

  /** Names that a line of the log tells. */
  private static final int TOLD = 10;

  private final Directory settings;
  private final AdapterCatalog catalog;
  private final Set<String> warned = new HashSet<>();
  private final Set<String> unconventional = new HashSet<>();
  private @Nullable List<Declared> last;
  private @Nullable String trouble;
  private @Nullable Thread thread;
  private boolean closed;

  /** Looks at nothing before it is started. */
  public DirectoryCatalog(Directory settings, AdapterCatalog catalog) {
    this.settings = settings;
    this.catalog = catalog;
  }

  /** Looks from now on. */
  public void start() {
    thread = Thread.ofVirtual().name("adapters-directory").start(this::run);
  }

  /** What it was made for. */
  public Directory settings() {
    return settings;
  }

  private void run() {
    while (!Thread.currentThread().isInterrupted()) {
      scan();
      LockSupport.parkNanos(settings.interval().toNanos());
    }
  }

  /** Looks once, and declares what is there if that changed. */
  void scan() {
    try {
      List<Declared> found = new ArrayList<>();
      Path root = settings.path().toRealPath();
      look(root, "", root, new HashSet<>(), found);
      trouble = null;
      if (!found.equals(last)) {
        last = found;
        declare(found);
      }
    } catch (IOException | RuntimeException e) {
      if (!e.toString().equals(trouble)) {
        trouble = e.toString();
        log.error(
            "{} cannot be looked through, what was found last counts: {}",
            settings.path(),
            trouble);
      }
    }
  }

  /** Once it is closed, another one may have declared, which a late look must not undo. */
  private synchronized void declare(List<Declared> found) {
    if (!closed) {
      catalog.declare(AdapterCatalog.DIRECTORY, found);
      log.info("{}: {} adapters", settings.path(), found.size());
      lint(found);
    }
  }

  /** Names that depart from the convention are told once, in one line. */
  private void lint(List<Declared> found) {
    List<String> departures =
        found.stream()
            .map(declared -> declared.spec().name())
            .filter(unconventional::add)
            .map(AdapterNames::lint)
            .filter(Objects::nonNull)
            .toList();
    if (!departures.isEmpty()) {
      String more = departures.size() > TOLD ? "; and so for %d more" : "";
      log.warn(
          "{}: {}{}",
          settings.path(),
          String.join("; ", departures.subList(0, Math.min(TOLD, departures.size()))),
          more.formatted(departures.size() - TOLD));
    }
  }

  /**
   * Looks at a directory and, unless it is an adapter, into it.
   *
   * @param name its path from the root
   * @param seen the directories that have been looked into, so that links lead nowhere twice
   */
  private void look(Path directory, String name, Path root, Set<Path> seen, List<Declared> found)
      throws IOException {
    if (!name.isEmpty() && attributes(directory.resolve(AdapterFiles.CONFIG)) != null) {
      take(directory, name, found);
      return;
    }
    int depth = name.isEmpty() ? 0 : name.split("/").length;
    Path real = directory.toRealPath();
    if (depth >= DEEPEST || !real.startsWith(root) || !seen.add(real)) {
      return;
    }
    for (Path child : children(directory)) {
      String segment = child.getFileName().toString();
      look(child, name.isEmpty() ? segment : name + "/" + segment, root, seen, found);
    }
  }

  /** The directories in one, in the order of their names; hidden ones are nobody's adapters. */
  private static List<Path> children(Path directory) throws IOException {
    List<Path> children = new ArrayList<>();
    try (DirectoryStream<Path> stream =
        Files.newDirectoryStream(directory, DirectoryCatalog::isDirectory)) {
      stream.forEach(children::add);
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    children.sort(null);
    return children;
  }

  private static boolean isDirectory(Path path) throws IOException {
    if (path.getFileName().toString().startsWith(".")) {
      return false;
    }
    BasicFileAttributes attributes = attributes(path);
    return attributes != null && attributes.isDirectory();
  }

  /**
   * What the file system says of a file; null when it is not there, or is a link in a circle.
   *
   * @throws IOException if that cannot be told, as on a volume that fails: it may be there
   */
  private static @Nullable BasicFileAttributes attributes(Path path) throws IOException {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      return null;
    } catch (AccessDeniedException e) {
      throw e;
    } catch (FileSystemException e) {
      if (Files.isSymbolicLink(path)) {
        return null;
      }
      throw e;
    }
  }

  private void take(Path directory, String name, List<Declared> found) throws IOException {
    String refusal = AdapterNames.refusal(name);
    if (!directory.toRealPath().startsWith(settings.path().toRealPath())) {
      refusal = "it is a link that leads out of the directory";
    }
    if (refusal != null) {
      warn(directory + " is left out: " + refusal);
      return;
    }
    AdapterSource source =
        new AdapterSource(
            "file://" + settings.enginePath() + "/" + name, null, Map.of(), directory);
    found.add(
        new Declared(
            new AdapterSpec(
                name,
                settings.baseModel(),
                source,
                settings.replicas(),
                Preferences.NONE,
                List.of()),
            AdapterCatalog.DIRECTORY));
  }

  private void warn(String message) {
    if (warned.add(message)) {
      log.warn(message);
    }
  }

  /** Looks no more. */
  @Override
  public synchronized void close() {
    closed = true;
    if (thread != null) {
      thread.interrupt();
    }
  }
}
