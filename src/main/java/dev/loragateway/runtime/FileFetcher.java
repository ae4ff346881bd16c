package dev.loragateway.runtime;

import dev.loragateway.adapters.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Copies from directories of this machine, below those that are allowed, wherever links lead.
 * Thread-safe.
 */
final class FileFetcher {
  private final List<Path> allowed;

  FileFetcher(List<Path> allowed) {
    this.allowed = allowed;
  }

  Fetched fetch(Source.Directory source, Staging staging, @Nullable String known)
      throws IOException {
    List<Path> files = files(source, staging);
    String validator = validator(files);
    if (validator.equals(known)) {
      return new Fetched.Unchanged();
    }
    for (Path file : files) {
      try (InputStream in = Files.newInputStream(real(file))) {
        staging.write(String.valueOf(file.getFileName()), in, source.shown());
      } catch (NoSuchFileException e) {
        throw notFound(source);
      }
    }
    return new Fetched.Files(validator);
  }

  private List<Path> files(Source.Directory source, Staging staging) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(real(source.path()))) {
      for (Path file : found) {
        if (staging.wants(String.valueOf(file.getFileName())) && Files.isRegularFile(file)) {
          files.add(file);
        }
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      throw notFound(source);
    }
    files.sort(null);
    return files;
  }

  /**
   * The path without links.
   *
   * @throws ProblemException if it leads elsewhere; whether something is there is not told
   */
  private Path real(Path path) throws IOException {
    for (Path root : allowed) {
      Path realRoot = root.toRealPath();
      if (path.startsWith(root) || path.startsWith(realRoot)) {
        Path real = path.toRealPath();
        if (real.startsWith(realRoot)) {
          return real;
        }
      }
    }
    throw new ProblemException(
        Problem.UNSUPPORTED_SOURCE,
        "file://%s is not below a directory that may be read (expected: one of --allow-file)"
            .formatted(Printable.of(path.toString())));
  }

  private static ProblemException notFound(Source.Directory source) {
    return new ProblemException(
        Problem.ARTIFACT_NOT_FOUND, source.shown() + ": there is no such directory");
  }

  private static String validator(List<Path> files) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (Path file : files) {
      lines.append(
          "%s %d %s\n"
              .formatted(
                  file.getFileName(),
                  Files.size(file),
                  Files.getLastModifiedTime(file).toInstant()));
    }
    return ContentHash.of(lines.toString());
  }
}
