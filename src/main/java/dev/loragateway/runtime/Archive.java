package dev.loragateway.runtime;

import dev.loragateway.adapters.AdapterFiles;
import dev.loragateway.adapters.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An archive on the disk, of which nobody knows who has made it. It is read twice: first all names
 * are looked at, then only the adapter's own files are unpacked, whose names have no directories.
 * Stateless.
 */
final class Archive {
  /** A way to pack. */
  interface Format {
    /**
     * Visits each file, in the archive's order.
     *
     * @throws ProblemException if an entry is neither a file nor a directory, or there are too many
     * @throws IOException if it is no archive, or none that is whole
     */
    void read(Path archive, FetchLimits limits, Visitor visitor) throws IOException;
  }

  /** Sees one file. */
  interface Visitor {
    void visit(EntryPath path, InputStream content) throws IOException;
  }

  private Archive() {}

  /**
   * Stages the files of the adapter in an archive: those beside the adapter_config.json that is
   * nearest to the top.
   *
   * @param source named in errors
   * @throws ProblemException if there is none, or the archive should not be unpacked
   */
  static void unpack(Path archive, Format format, Staging staging, String source)
      throws IOException {
    Root root = new Root();
    try {
      format.read(archive, staging.limits(), (path, content) -> root.look(path));
      List<String> directory = root.directory(source);
      format.read(
          archive,
          staging.limits(),
          (path, content) -> {
            if (path.directory().equals(directory) && staging.wants(path.name())) {
              staging.write(path.name(), content, source);
            }
          });
    } catch (IOException | RuntimeException e) {
      // the library throws both, for archives that are not well-formed
      ProblemException problem = problem(e);
      throw problem == null || problem.problem() == Problem.FETCH_FAILED
          ? broken(source, e)
          : problem;
    }
  }

  /** What we have thrown, which the library may have wrapped. */
  private static @Nullable ProblemException problem(Exception thrown) {
    ProblemException innermost = null;
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof ProblemException problem) {
        innermost = problem;
      }
    }
    return innermost;
  }

  private static ProblemException broken(String source, Exception e) {
    return new ProblemException(
        Problem.ADAPTER_REFUSED,
        "%s is no whole archive: %s"
            .formatted(source, Printable.of(String.valueOf(e.getMessage()))),
        e);
  }

  /** Finds where the adapter is. */
  private static final class Root {
    private @Nullable List<String> nearest;
    private boolean several;

    void look(EntryPath path) {
      if (!path.name().equals(AdapterFiles.CONFIG)) {
        return;
      }
      List<String> directory = path.directory();
      if (nearest == null || directory.size() < nearest.size()) {
        nearest = directory;
        several = false;
      } else if (directory.size() == nearest.size() && !directory.equals(nearest)) {
        several = true;
      }
    }

    List<String> directory(String source) throws ProblemException {
      if (nearest == null || several) {
        throw new ProblemException(
            Problem.ADAPTER_REFUSED,
            "%s has %s adapters (expected: one %s that is nearest to the top)"
                .formatted(source, several ? "several" : "no", AdapterFiles.CONFIG));
      }
      return nearest;
    }
  }
}
