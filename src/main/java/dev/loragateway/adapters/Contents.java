package dev.loragateway.adapters;

import dev.loragateway.adapters.Content.Refused;
import dev.loragateway.adapters.Content.Settled;
import dev.loragateway.adapters.Content.Unsettled;
import dev.loragateway.registry.ServedNames;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells the revision of an adapter: equal files have an equal one, wherever they lie and whenever
 * they were written. Files that did not change are read once. Blocks; confined to one thread.
 */
public final class Contents {
  /** Files younger than this may still be written, in milliseconds. */
  private static final long SETTLES = 1000;

  private static final int BUFFER = 1 << 16;

  private final LongSupplier clock;
  private final Map<Path, Read> known = new HashMap<>();
  private final Map<Path, Sighting> ahead = new HashMap<>();

  /** What tells a file from one that was written later. */
  private record Stamp(long size, long modified, @Nullable Object key) {}

  /** Files whose times lie ahead of the clock, and when they were first seen so. */
  private record Sighting(List<Stamp> stamps, long at) {}

  /** What was read of a directory. */
  private record Read(List<Stamp> stamps, Content content) {}

  /** Trusts files by the system's clock. */
  public Contents() {
    this(System::currentTimeMillis);
  }

  Contents(LongSupplier clock) {
    this.clock = clock;
  }

  /** What is known of the files now. */
  public Content of(AdapterSpec spec) {
    Path directory = spec.source().local();
    if (directory == null) {
      String named = spec.source().url() + "\n" + spec.source().sha256();
      return new Settled(digits(sha256().digest(named.getBytes(StandardCharsets.UTF_8))), null);
    }
    try {
      return of(directory);
    } catch (NoSuchFileException e) {
      known.remove(directory);
      ahead.remove(directory);
      return new Refused("there is no file " + e.getFile());
    } catch (IOException e) {
      return new Unsettled("its files cannot be read: " + e);
    }
  }

  private Content of(Path directory) throws IOException {
    Path config = directory.resolve(AdapterFiles.CONFIG);
    Path weights = directory.resolve(AdapterFiles.WEIGHTS);
    List<Path> files = new ArrayList<>(List.of(config));
    if (Files.exists(weights)) {
      files.add(weights);
    }
    List<Stamp> stamps = stamps(files);
    Read before = known.get(directory);
    if (before != null && before.stamps().equals(stamps)) {
      return before.content();
    }
    if (fresh(directory, stamps)) {
      return new Unsettled("its files were written just now");
    }
    Content content =
        switch (AdapterFiles.inspect(directory)) {
          case Inspection.Refused(String reason) -> new Refused(reason);
          case Inspection.Good(AdapterFacts facts) -> new Settled(revision(files), facts);
        };
    if (!stamps(files).equals(stamps)) {
      return new Unsettled("its files are being written");
    }
    known.put(directory, new Read(stamps, content));
    return content;
  }

  /** Whether they may still be written; where a clock is wrong, by how long they have been so. */
  private boolean fresh(Path directory, List<Stamp> stamps) {
    long now = clock.getAsLong();
    long youngest = stamps.stream().mapToLong(Stamp::modified).max().orElse(now);
    Sighting before = ahead.remove(directory);
    if (youngest <= now) {
      return now - youngest < SETTLES;
    }
    Sighting seen =
        before != null && before.stamps().equals(stamps) ? before : new Sighting(stamps, now);
    ahead.put(directory, seen);
    return now - seen.at() < SETTLES;
  }

  private static List<Stamp> stamps(List<Path> files) throws IOException {
    List<Stamp> stamps = new ArrayList<>();
    for (Path file : files) {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      stamps.add(new Stamp(now.size(), now.lastModifiedTime().toMillis(), now.fileKey()));
    }
    return stamps;
  }

  /** Of all files, each after its length. */
  private static String revision(List<Path> files) throws IOException {
    MessageDigest digest = sha256();
    byte[] buffer = new byte[BUFFER];
    for (Path file : files) {
      digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, Files.size(file)).array());
      try (InputStream in = Files.newInputStream(file)) {
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          digest.update(buffer, 0, read);
        }
      }
    }
    return digits(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every platform has SHA-256", e);
    }
  }

  private static String digits(byte[] hash) {
    return HexFormat.of().formatHex(hash).substring(0, ServedNames.REVISION_DIGITS);
  }
}
