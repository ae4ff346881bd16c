package dev.loragateway.config;

import java.util.List;
import java.util.Map;

/** A node of a YAML file with the line where it begins, counted from 1. Immutable. */
sealed interface YamlNode {
  int line();

  /** A single value as written: the key that reads it decides its type. */
  record Scalar(int line, String text) implements YamlNode {}

  /** Blank text, {@code ~} or {@code null}. */
  record Empty(int line) implements YamlNode {}

  /** A node whose mistake has been reported already. */
  record Faulty(int line) implements YamlNode {}

  record Sequence(int line, List<YamlNode> items) implements YamlNode {}

  record Mapping(int line, Map<String, Entry> entries) implements YamlNode {}

  /** The value of a key, and the line of the key. */
  record Entry(int line, YamlNode value) {}
}
