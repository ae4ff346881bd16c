package dev.loragateway.scrape;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The labels of the sample that is being visited, in the order of the page. Reused from sample to
 * sample. Confined to the thread that parses.
 */
public final class Labels {
  private String[] pairs = new String[16];
  private int length;

  Labels() {}

  /** Number of labels. */
  public int size() {
    return length / 2;
  }

  /** The name of a label, by its place from 0. */
  public String name(int index) {
    return pairs[2 * Objects.checkIndex(index, size())];
  }

  /** The value of a label, by its place from 0. */
  public String value(int index) {
    return pairs[2 * Objects.checkIndex(index, size()) + 1];
  }

  /** The value of the first label of that name, or null when there is none. */
  public @Nullable String get(String name) {
    for (int i = 0; i < length; i += 2) {
      if (pairs[i].equals(name)) {
        return pairs[i + 1];
      }
    }
    return null;
  }

  /** The value of the first label of that name, or an empty string when there is none. */
  public String getOrEmpty(String name) {
    String value = get(name);
    return value == null ? "" : value;
  }

  void clear() {
    length = 0;
  }

  void add(String name, String value) {
    if (length == pairs.length) {
      pairs = Arrays.copyOf(pairs, 2 * length);
    }
    pairs[length++] = name;
    pairs[length++] = value;
  }
}
