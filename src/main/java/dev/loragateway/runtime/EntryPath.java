package dev.loragateway.runtime;

import dev.loragateway.adapters.Printable;
import java.util.ArrayList;
import java.util.List;

/**
 * The name of an entry of an archive, as the segments of a path that stays below where it starts.
 * Immutable.
 *
 * @param segments none of them is empty, {@code .} or {@code ..}, or has a separator in it
 */
record EntryPath(List<String> segments) {
  private static final int MOST_SEGMENTS = 32;
  private static final int LONGEST = 255;

  EntryPath {
    segments = List.copyOf(segments);
  }

  /**
   * Reads a name; an entry for the top itself ({@code ./}) has no segments.
   *
   * @throws ProblemException if it leads elsewhere, or would on some systems
   */
  static EntryPath parse(String name) throws ProblemException {
    if (name.isEmpty() || name.startsWith("/")) {
      throw refused(name, "an absolute or empty path");
    }
    List<String> segments = new ArrayList<>();
    for (String segment : name.split("/", -1)) {
      check(name, segment);
      if (!segment.isEmpty() && !segment.equals(".")) {
        segments.add(segment);
      }
    }
    if (segments.size() > MOST_SEGMENTS) {
      throw refused(name, "more than " + MOST_SEGMENTS + " directories");
    }
    return new EntryPath(segments);
  }

  private static void check(String name, String segment) throws ProblemException {
    if (segment.equals("..")) {
      throw refused(name, "a path that leads upwards");
    }
    if (segment.length() > LONGEST) {
      throw refused(name, "a name longer than " + LONGEST);
    }
    if (segment.chars().anyMatch(c -> c < 0x20 || c == 0x7f || c == '\\' || c == ':')) {
      throw refused(name, "a character that no file's name should have");
    }
  }

  private static ProblemException refused(String name, String what) {
    return new ProblemException(
        Problem.ADAPTER_REFUSED,
        "the archive has an entry %s: %s".formatted(Printable.of(name), what));
  }

  boolean isTop() {
    return segments.isEmpty();
  }

  /** The file's own name; not to be asked of the top. */
  String name() {
    return segments.getLast();
  }

  /** The directory that it is in; empty = the top. Not to be asked of the top. */
  List<String> directory() {
    return segments.subList(0, segments.size() - 1);
  }
}
