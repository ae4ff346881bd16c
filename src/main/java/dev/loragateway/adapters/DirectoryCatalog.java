package dev.loragateway.adapters;

import dev.loragateway.adapters.AdapterCatalog.Declared;
import dev.loragateway.adapters.AdapterSettings.Directory;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Declares what lies in a directory: each directory with an {@code adapter_config.json} is an
 * adapter, named by its path in it. Links are followed as long as they stay inside. It is looked
 * through over and over, since network volumes tell of no changes; while it, or a directory in it,
 * cannot be, or it may be a volume that is not mounted, what was found last counts. {@link #scan}
 * is confined to one thread, its own once it is started.
 */
public final class DirectoryCatalog implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DirectoryCatalog.class);

  /** Directories deep, so that a mistaken path costs a bounded time. */
  private static final int DEEPEST = 8;

  /** Looks on end that have to find no adapter before there is none. */
  static final int EMPTY_LOOKS = 6;

  /** Names that a line of the log tells. */
  private static final int TOLD = 10;

  private final Directory settings;
  private final AdapterCatalog catalog;
  private final Consumer<Boolean> current;
  private final Listing listing;
  private final Object declaring = new Object();
  private final Set<String> warned = new HashSet<>();
  private final Set<String> linted = new HashSet<>();
  private Set<String> unreadable = Set.of();
  private boolean closed;
  private @Nullable List<Declared> last;
  private @Nullable Object home;
  private int emptyLooks;
  private @Nullable String trouble;
  private @Nullable Thread thread;

  /** Tells the directories in one. */
  @FunctionalInterface
  interface Listing {
    /** In the order of their names. */
    List<Path> of(Path directory) throws IOException;
  }

  /**
   * One look.
   *
   * @param root where it began, without links
   * @param found the adapters
   * @param unreadable the names of directories that could not be looked into
   */
  private record Look(Path root, List<Declared> found, Set<String> unreadable) {}

  /**
   * Looks at nothing before it is started.
   *
   * @param current hears after each look whether what was found counts; else what was found last
   *     does
   */
  public DirectoryCatalog(Directory settings, AdapterCatalog catalog, Consumer<Boolean> current) {
    this(settings, catalog, current, DirectoryCatalog::children);
  }

  DirectoryCatalog(
      Directory settings, AdapterCatalog catalog, Consumer<Boolean> current, Listing listing) {
    this.settings = settings;
    this.catalog = catalog;
    this.current = current;
    this.listing = listing;
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
    boolean counts = looked();
    synchronized (declaring) {
      if (!closed) {
        current.accept(counts);
      }
    }
  }

  private boolean looked() {
    try {
      Path root = settings.path().toRealPath();
      Look look = new Look(root, new ArrayList<>(), new HashSet<>());
      look(root, "", new HashSet<>(), look);
      trouble = null;
      unreadable = Set.copyOf(look.unreadable());
      boolean counts = counts(look);
      if (counts && !look.found().equals(last)) {
        declare(look.found());
      }
      return counts;
    } catch (IOException | RuntimeException e) {
      if (!e.toString().equals(trouble)) {
        trouble = e.toString();
        log.error(
            "{} cannot be looked through, what was found last counts: {}",
            settings.path(),
            trouble);
      }
      return false;
    }
  }

  /**
   * Whether what was found is what there is. Without any adapter it may be that a volume is not
   * mounted: then the directory is another one than that in which adapters were, or is so for a
   * moment only.
   */
  private boolean counts(Look look) throws IOException {
    Object key = Files.readAttributes(look.root(), BasicFileAttributes.class).fileKey();
    if (!look.found().isEmpty()) {
      home = key;
      emptyLooks = 0;
      return true;
    }
    emptyLooks++;
    boolean had = last != null && !last.isEmpty();
    boolean other = had && !Objects.equals(key, home);
    if (had && emptyLooks == 1) {
      log.warn(
          "{} has no adapters any more{}, what was found last counts{}",
          settings.path(),
          other ? " and is another directory than before; is its volume mounted?" : "",
          other ? "" : " until " + EMPTY_LOOKS + " looks on end have found none");
    }
    return !other && emptyLooks >= EMPTY_LOOKS;
  }

  /** Not after it was closed, when another may declare in its place. */
  private void declare(List<Declared> found) {
    synchronized (declaring) {
      if (!closed) {
        last = found;
        catalog.declare(AdapterCatalog.DIRECTORY, found);
        log.info("{}: {} adapters", settings.path(), found.size());
        lint(found);
      }
    }
  }

  /**
   * Looks at a directory and, unless it is an adapter, into it.
   *
   * @param name its path from the root
   * @param above the directories that lead to it, without links, so that no link leads in a circle
   */
  private void look(Path directory, String name, Set<Path> above, Look look) throws IOException {
    if (!name.isEmpty() && Files.exists(directory.resolve(AdapterFiles.CONFIG))) {
      take(directory, name, look);
      return;
    }
    int depth = name.isEmpty() ? 0 : name.split("/").length;
    Path real = directory.toRealPath();
    if (depth >= DEEPEST || !real.startsWith(look.root()) || !above.add(real)) {
      return;
    }
    for (Path child : listed(directory, name, look)) {
      String segment = child.getFileName().toString();
      look(child, name.isEmpty() ? segment : name + "/" + segment, above, look);
    }
    above.remove(real);
  }

  /** What is in a directory; one below the root that may not be read hides none of the others. */
  private List<Path> listed(Path directory, String name, Look look) throws IOException {
    try {
      return listing.of(directory);
    } catch (AccessDeniedException e) {
      if (name.isEmpty()) {
        throw e;
      }
      keep(name, look);
      return List.of();
    }
  }

  private void keep(String name, Look look) {
    look.unreadable().add(name);
    if (last != null) {
      last.stream()
          .filter(declared -> declared.spec().name().startsWith(name + "/"))
          .forEach(look.found()::add);
    }
    if (!unreadable.contains(name)) {
      log.warn("{}/{} may not be read, what was found in it last counts", settings.path(), name);
    }
  }

  /** The directories in one, in the order of their names; hidden ones are nobody's adapters. */
  static List<Path> children(Path directory) throws IOException {
    List<Path> children = new ArrayList<>();
    try (DirectoryStream<Path> stream =
        Files.newDirectoryStream(
            directory,
            path -> !path.getFileName().toString().startsWith(".") && Files.isDirectory(path))) {
      stream.forEach(children::add);
    }
    children.sort(null);
    return children;
  }

  private void take(Path directory, String name, Look look) throws IOException {
    String refusal = AdapterNames.refusal(name);
    if (!directory.toRealPath().startsWith(look.root())) {
      refusal = "it is a link that leads out of the directory";
    }
    if (refusal != null) {
      warn(directory + " is left out: " + refusal);
      return;
    }
    AdapterSource source =
        new AdapterSource(
            "file://" + settings.enginePath() + "/" + name, null, Map.of(), directory);
    look.found()
        .add(
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

  /** Names that depart from the convention are told once, in one line. */
  private void lint(List<Declared> found) {
    List<String> departures =
        found.stream()
            .map(declared -> declared.spec().name())
            .filter(linted::add)
            .map(AdapterNames::lint)
            .filter(Objects::nonNull)
            .toList();
    if (!departures.isEmpty()) {
      String told = String.join("; ", departures.subList(0, Math.min(TOLD, departures.size())));
      int more = Math.max(0, departures.size() - TOLD);
      log.warn("{}: {}{}", settings.path(), told, more == 0 ? "" : "; and " + more + " more");
    }
  }

  private void warn(String message) {
    if (warned.add(message)) {
      log.warn(message);
    }
  }

  /** Looks no more. */
  @Override
  public void close() {
    synchronized (declaring) {
      closed = true;
    }
    if (thread != null) {
      thread.interrupt();
    }
  }
}
