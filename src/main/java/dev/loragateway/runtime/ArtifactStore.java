package dev.loragateway.runtime;

import dev.loragateway.adapters.AdapterFacts;
import dev.loragateway.adapters.AdapterFiles;
import dev.loragateway.adapters.Inspection;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The artifacts on the volume, each in a directory named by its content, which comes and goes in
 * one rename. When it was used last is the directory's own time. Thread-safe.
 */
final class ArtifactStore implements AutoCloseable {
  /** Who uses artifacts. */
  interface Users {
    /**
     * The hashes of those that the engine has loaded, by asking it.
     *
     * @throws IOException if it does not answer
     */
    Set<String> loaded() throws IOException;

    /** The hashes of those that were loaded and not given up, as far as this process knows. */
    Set<String> claimed();
  }

  /** One artifact as it is now. */
  record Shown(Artifact artifact, long lastUsedMillis) {}

  private static final class Slot {
    final Artifact artifact;
    int leases;
    long lastUsed;

    Slot(Artifact artifact, long lastUsed) {
      this.artifact = artifact;
      this.lastUsed = lastUsed;
    }
  }

  private static final Logger log = LoggerFactory.getLogger(ArtifactStore.class);
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

  private final Volume volume;
  private final Users users;
  private final InstantSource clock;
  private final Staging.Opener opener;
  private final Space space;
  private final AtomicLong lastName = new AtomicLong();
  private final Map<String, Slot> slots = new HashMap<>();

  private ArtifactStore(
      Volume volume, long maxTotal, Users users, InstantSource clock, Staging.Opener opener) {
    this.volume = volume;
    this.users = users;
    this.clock = clock;
    this.opener = opener;
    space = new Space(maxTotal, this::collect);
  }

  /**
   * Opens the artifacts of a volume, which nobody else may have open, and removes what a process
   * that was killed has left half done.
   *
   * @param maxTotal bytes
   */
  static ArtifactStore open(
      Path directory, long maxTotal, Users users, InstantSource clock, Staging.Opener opener)
      throws IOException {
    Volume volume = Volume.open(directory);
    try {
      ArtifactStore store = new ArtifactStore(volume, maxTotal, users, clock, opener);
      store.scan();
      return store;
    } catch (IOException | RuntimeException e) {
      volume.close();
      throw e;
    }
  }

  private synchronized void scan() throws IOException {
    try (DirectoryStream<Path> found = Files.newDirectoryStream(volume.artifacts())) {
      for (Path directory : found) {
        String name = String.valueOf(directory.getFileName());
        if (HASH.matcher(name).matches()
            && AdapterFiles.inspect(directory) instanceof Inspection.Good(AdapterFacts facts)) {
          Artifact artifact = new Artifact(name, Trees.bytes(directory), facts);
          slots.put(name, new Slot(artifact, Files.getLastModifiedTime(directory).toMillis()));
          space.add(artifact.bytes());
        } else {
          log.warn("{} is no whole artifact, and is left alone", directory);
        }
      }
    }
  }

  Staging stage(FetchLimits limits) throws IOException {
    try {
      return new Staging(temporary(), limits, space, opener);
    } catch (IOException e) {
      throw Staging.notWritten(e);
    }
  }

  private Path temporary() {
    return volume.temporary().resolve(String.valueOf(lastName.incrementAndGet()));
  }

  /** Null when there is no such artifact. */
  synchronized @Nullable Lease lease(String sha256) {
    Slot slot = slots.get(sha256);
    if (slot == null) {
      return null;
    }
    slot.leases++;
    touch(slot);
    return new Lease(slot.artifact, () -> release(slot));
  }

  private synchronized void release(Slot slot) {
    slot.leases--;
    touch(slot);
  }

  private void touch(Slot slot) {
    slot.lastUsed = clock.millis();
    try {
      Files.setLastModifiedTime(
          volume.artifact(slot.artifact.sha256()), FileTime.fromMillis(slot.lastUsed));
    } catch (IOException e) {
      log.debug("the time of {} cannot be set", slot.artifact.sha256(), e);
    }
  }

  /**
   * Makes an artifact of what was staged, or finds that it is there already.
   *
   * @throws ProblemException if it is no adapter that an engine can load
   */
  Lease commit(Staging staging) throws IOException {
    AdapterFacts facts =
        switch (AdapterFiles.inspect(staging.filesDirectory())) {
          case Inspection.Good(AdapterFacts good) -> good;
          case Inspection.Refused(String reason) -> throw refused(staging, reason);
        };
    Artifact artifact = new Artifact(ContentHash.of(staging.files()), staging.kept(), facts);
    Lease there = add(staging, artifact);
    log.info("artifact {} is there: {} bytes", artifact.sha256(), artifact.bytes());
    return there;
  }

  private synchronized Lease add(Staging staging, Artifact artifact) throws IOException {
    Lease known = lease(artifact.sha256());
    if (known != null) {
      return known;
    }
    Path place = volume.artifact(artifact.sha256());
    try {
      if (Files.exists(place)) {
        Files.move(place, temporary(), StandardCopyOption.ATOMIC_MOVE);
      }
      Trees.sync(staging.filesDirectory());
      Files.move(staging.filesDirectory(), place, StandardCopyOption.ATOMIC_MOVE);
      Trees.sync(volume.artifacts());
    } catch (IOException e) {
      throw Staging.notWritten(e);
    }
    staging.handedOver();
    Slot slot = new Slot(artifact, clock.millis());
    slot.leases = 1;
    slots.put(artifact.sha256(), slot);
    return new Lease(artifact, () -> release(slot));
  }

  private static ProblemException refused(Staging staging, String reason) {
    return new ProblemException(
        Problem.ADAPTER_REFUSED,
        staging.sawPickle() && reason.startsWith("there is no adapter_model")
            ? reason + "; weights that are pickles are not taken, since they can run code"
            : reason);
  }

  /**
   * Deletes artifacts that nobody uses, those first that were not used for longest, until there are
   * so many bytes more, or none is left. Deletes nothing while the engine does not say what it
   * uses.
   */
  void collect(long bytes) {
    Set<String> loaded;
    try {
      loaded = users.loaded();
    } catch (IOException e) {
      log.warn("nothing is deleted while the engine does not say what it uses: {}", e.getMessage());
      return;
    }
    for (Path deleted : unlist(bytes, loaded)) {
      try {
        Trees.delete(deleted);
      } catch (IOException e) {
        log.warn("{} cannot be deleted", deleted, e);
      }
    }
  }

  /** What is to be deleted, which is no artifact any more. */
  private synchronized List<Path> unlist(long bytes, Set<String> loaded) {
    List<Slot> idle = new ArrayList<>(slots.values());
    Set<String> claimed = users.claimed();
    idle.removeIf(
        slot -> {
          String sha256 = slot.artifact.sha256();
          return slot.leases > 0 || claimed.contains(sha256) || loaded.contains(sha256);
        });
    idle.sort(Comparator.comparingLong(slot -> slot.lastUsed));
    List<Path> deleted = new ArrayList<>();
    long freed = 0;
    for (Slot slot : idle) {
      if (freed >= bytes) {
        break;
      }
      freed += slot.artifact.bytes();
      unlist(slot, deleted);
    }
    return deleted;
  }

  private void unlist(Slot slot, List<Path> deleted) {
    Path to = temporary();
    try {
      Files.move(volume.artifact(slot.artifact.sha256()), to, StandardCopyOption.ATOMIC_MOVE);
      deleted.add(to);
    } catch (NoSuchFileException e) {
      log.warn("artifact {} was deleted by somebody else", slot.artifact.sha256());
    } catch (IOException e) {
      log.warn("artifact {} cannot be deleted", slot.artifact.sha256(), e);
      return;
    }
    slots.remove(slot.artifact.sha256());
    space.release(slot.artifact.bytes());
    log.info("artifact {} is deleted: nobody uses it", slot.artifact.sha256());
  }

  /** The artifacts in the order of their hashes. */
  synchronized List<Shown> list() {
    List<Shown> all = new ArrayList<>();
    slots.values().forEach(slot -> all.add(new Shown(slot.artifact, slot.lastUsed)));
    all.sort(Comparator.comparing(shown -> shown.artifact().sha256()));
    return all;
  }

  /** Bytes of artifacts, and of what is being fetched. */
  long used() {
    return space.used();
  }

  Volume volume() {
    return volume;
  }

  @Override
  public void close() throws IOException {
    volume.close();
  }
}
