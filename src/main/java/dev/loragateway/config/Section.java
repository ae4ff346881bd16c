package dev.loragateway.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A mapping of the file while its keys are read. Every mistake becomes a finding and reading goes
 * on with a fallback, so that all are found at once. Confined to the reading thread.
 */
final class Section {
  private static final YamlNode.Mapping ABSENT = new YamlNode.Mapping(0, Map.of());

  private final String path;
  private final int line;
  private final YamlNode.Mapping mapping;
  private final boolean faulty;
  private final Environment environment;
  private final Findings findings;
  private final Set<String> known = new LinkedHashSet<>();
  private final Set<String> unsupported = new LinkedHashSet<>();
  private final Map<String, String> missing = new LinkedHashMap<>();

  private Section(
      String path, YamlNode node, int line, Environment environment, Findings findings) {
    this.path = path;
    this.line = line;
    this.mapping = node instanceof YamlNode.Mapping present ? present : ABSENT;
    this.faulty = !(node instanceof YamlNode.Mapping || node instanceof YamlNode.Empty);
    this.environment = environment;
    this.findings = findings;
  }

  /** Reads a whole file with {@code reader}. */
  static <T> T read(
      YamlNode root, Environment environment, Findings findings, Function<Section, T> reader) {
    return new Section("", root, 0, environment, findings).readAll(root, reader);
  }

  /** Whether the file has the key with a value. */
  boolean has(String key) {
    YamlNode.@Nullable Entry entry = mapping.entries().get(key);
    return entry != null && !(entry.value() instanceof YamlNode.Empty);
  }

  /** Whether the file has the key without a value. */
  boolean isEmpty(String key) {
    return mapping.entries().containsKey(key) && !has(key);
  }

  /** Whether the file has the key, with or without a value. */
  boolean names(String key) {
    return mapping.entries().containsKey(key);
  }

  /** Whether the section itself is in the file, with anything in it. */
  boolean present() {
    return !mapping.entries().isEmpty();
  }

  /** The value of a key, or {@code fallback} when it is absent or wrong. */
  <T> T value(String key, Format<T> format, T fallback) {
    Located<T> found = find(key, format);
    return found == null ? fallback : found.value();
  }

  /** The value of a key, or null when it is absent or wrong. */
  <T> @Nullable Located<T> find(String key, Format<T> format) {
    String place = understand(key);
    YamlNode.@Nullable Entry entry = mapping.entries().get(key);
    return entry == null ? null : scalar(place, entry.value(), format);
  }

  /** The value of a key that must be there, or null when it is absent or wrong. */
  <T> @Nullable Located<T> require(String key, Format<T> format) {
    Located<T> found = find(key, format);
    if (!mapping.entries().containsKey(key)) {
      missing.put(key, format.expected());
    }
    return found;
  }

  /** What {@code reader} makes of a mapping; an absent one reads as an empty one. */
  <T extends @Nullable Object> T section(String key, Function<Section, T> reader) {
    String place = understand(key);
    YamlNode.Entry entry =
        mapping.entries().getOrDefault(key, new YamlNode.Entry(line, new YamlNode.Empty(line)));
    return child(place, entry.value(), entry.line()).readAll(entry.value(), reader);
  }

  /** What {@code reader} makes of each mapping in a list; absent when there is no list. */
  <T> List<T> sections(String key, String expected, Function<Section, T> reader) {
    return items(
        key, expected, (place, node) -> child(place, node, node.line()).readAll(node, reader));
  }

  /** What {@code reader} makes of a mapping, or of each mapping in a list; nothing when absent. */
  <T> List<T> oneOrMore(String key, String expected, Function<Section, T> reader) {
    String place = understand(key);
    YamlNode.@Nullable Entry entry = mapping.entries().get(key);
    if (entry != null && entry.value() instanceof YamlNode.Sequence) {
      return sections(key, expected, reader);
    }
    if (!has(key)) {
      var _ = reader.apply(child(place, new YamlNode.Empty(line), line));
      return List.of();
    }
    return List.of(section(key, reader));
  }

  /** The same where there need be no list, or an empty one. */
  <T> List<T> optionalSections(String key, String expected, Function<Section, T> reader) {
    YamlNode.@Nullable Entry entry = mapping.entries().get(key);
    boolean none =
        entry == null
            || (entry.value() instanceof YamlNode.Sequence(int _, List<YamlNode> items)
                && items.isEmpty());
    if (!none) {
      return sections(key, expected, reader);
    }
    String place = understand(key);
    var _ = reader.apply(child(Paths.item(place, 0), new YamlNode.Empty(line), line));
    return List.of();
  }

  /** The values of a list, without the wrong ones. */
  <T> List<Located<T>> values(String key, String expected, Format<T> format) {
    return items(key, expected, (place, node) -> scalar(place, node, format));
  }

  /** The values of a list, which may be empty, or {@code fallback} when it is absent. */
  <T> List<T> values(String key, Format<T> format, List<T> fallback) {
    understand(key);
    YamlNode.@Nullable Entry entry = mapping.entries().get(key);
    if (entry == null) {
      return fallback;
    }
    if (entry.value() instanceof YamlNode.Sequence(int _, List<YamlNode> items)
        && items.isEmpty()) {
      return List.of();
    }
    return values(key, "a list: " + format.expected(), format).stream()
        .map(Located::value)
        .toList();
  }

  /** The entries of a mapping with keys of the user's choice, without the wrong ones. */
  <T> Map<String, Located<T>> entries(String key, Format<String> keys, Format<T> values) {
    String place = understand(key);
    YamlNode.@Nullable Entry entry = mapping.entries().get(key);
    Map<String, Located<T>> result = new LinkedHashMap<>();
    if (entry == null || entry.value() instanceof YamlNode.Empty) {
      return result;
    }
    if (!(entry.value() instanceof YamlNode.Mapping named)) {
      unlike(place, entry.value(), "a mapping", "names with values");
      return result;
    }
    named(place, named, keys, (at, node) -> scalar(at, node, values), result);
    return result;
  }

  /**
   * The entries of a mapping whose values are names with shares: of a single name, which has the
   * {@code whole}, or of a mapping of several.
   */
  <T> Map<String, Located<Map<String, Located<T>>>> shares(
      String key, Format<String> names, Format<T> values, T whole) {
    String place = understand(key);
    YamlNode.@Nullable Entry entry = mapping.entries().get(key);
    Map<String, Located<Map<String, Located<T>>>> result = new LinkedHashMap<>();
    if (entry == null || entry.value() instanceof YamlNode.Empty) {
      return result;
    }
    if (!(entry.value() instanceof YamlNode.Mapping named)) {
      unlike(place, entry.value(), "a mapping", "names with values");
      return result;
    }
    named(place, named, names, (at, node) -> share(at, node, names, values, whole), result);
    return result;
  }

  private <T> @Nullable Located<Map<String, Located<T>>> share(
      String place, YamlNode node, Format<String> names, Format<T> values, T whole) {
    if (node instanceof YamlNode.Mapping several && !several.entries().isEmpty()) {
      Map<String, Located<T>> shares = new LinkedHashMap<>();
      named(place, several, names, (at, value) -> scalar(at, value, values), shares);
      return new Located<>(shares, place, several.line());
    }
    Located<String> only = scalar(place, node, names);
    return only == null
        ? null
        : new Located<>(
            Map.of(only.value(), new Located<>(whole, place, only.line())), place, only.line());
  }

  private <V> void named(
      String place,
      YamlNode.Mapping named,
      Format<String> keys,
      BiFunction<String, YamlNode, @Nullable V> reader,
      Map<String, V> result) {
    named
        .entries()
        .forEach(
            (name, value) -> {
              String at = Paths.child(place, name);
              if (keys.parse(name) instanceof Parsed.Wrong<String>(String problem)) {
                wrong(at, value.line(), problem, keys.expected());
                return;
              }
              V found = reader.apply(at, value.value());
              if (found != null) {
                result.put(name, found);
              }
            });
  }

  /** Reports keys that belong to the design but not to this version. */
  void refuse(String... keys) {
    for (String key : keys) {
      unsupported.add(key);
      YamlNode.@Nullable Entry entry = mapping.entries().get(key);
      if (entry != null) {
        findings.error(Paths.child(path, key), entry.line(), "is not supported in this version");
      }
    }
  }

  /** Reports a mistake that shows only when several values are seen together. */
  void fault(String key, String message) {
    YamlNode.@Nullable Entry entry = mapping.entries().get(key);
    findings.error(Paths.child(path, key), entry == null ? line : entry.line(), message);
  }

  /** Accepts a key with a remark. */
  void warn(String key, String message) {
    findings.warning(Paths.child(path, key) + " " + message);
  }

  /** How many mistakes have been found so far in the whole file. */
  int faults() {
    return findings.errorCount();
  }

  private <T extends @Nullable Object> T readAll(YamlNode node, Function<Section, T> reader) {
    T result = reader.apply(this);
    if (faulty) {
      unlike(path, node, "a mapping", "the keys " + String.join(", ", known));
      return result;
    }
    mapping.entries().forEach(this::checkKnown);
    missing.forEach((key, expected) -> wrong(Paths.child(path, key), line, "is missing", expected));
    return result;
  }

  /** Reports a key that nobody asked for; one that is misspelt is not missing as well. */
  private void checkKnown(String key, YamlNode.Entry entry) {
    if (known.contains(key)
        || unsupported.contains(key)
        || entry.value() instanceof YamlNode.Faulty) {
      return;
    }
    String near = Text.nearest(key, known);
    if (near != null) {
      missing.remove(near);
    }
    String hint =
        near == null
            ? "(expected one of: " + String.join(", ", known) + ")"
            : "(did you mean " + Text.quote(near) + "?)";
    findings.error(Paths.child(path, key), entry.line(), "is an unknown key " + hint);
  }

  private <T> List<T> items(
      String key, String expected, BiFunction<String, YamlNode, @Nullable T> reader) {
    String place = understand(key);
    YamlNode.@Nullable Entry entry = mapping.entries().get(key);
    List<T> result = new ArrayList<>();
    switch (entry == null ? null : entry.value()) {
      case null -> missing.put(key, expected);
      case YamlNode.Sequence(int at, List<YamlNode> items) when items.isEmpty() ->
          wrong(place, at, "is empty", expected);
      case YamlNode.Sequence(int _, List<YamlNode> items) -> {
        for (int i = 0; i < items.size(); i++) {
          T item = reader.apply(Paths.item(place, i), items.get(i));
          if (item != null) {
            result.add(item);
          }
        }
      }
      case YamlNode node -> unlike(place, node, "a list", expected);
    }
    return result;
  }

  private <T> @Nullable Located<T> scalar(String place, YamlNode node, Format<T> format) {
    if (!(node instanceof YamlNode.Scalar(int at, String text))) {
      unlike(place, node, "a single value", format.expected());
      return null;
    }
    return switch (environment.expand(text)) {
      case Parsed.Wrong<String>(String problem) -> {
        findings.error(place, at, problem);
        yield null;
      }
      case Parsed.Value<String>(String expanded) -> located(place, at, format, expanded);
    };
  }

  private <T> @Nullable Located<T> located(String place, int at, Format<T> format, String text) {
    return switch (format.parse(text)) {
      case Parsed.Wrong<T>(String problem) -> {
        wrong(place, at, problem, format.expected());
        yield null;
      }
      case Parsed.Value<T>(T value) -> new Located<>(value, place, at);
    };
  }

  /** Reports a node of another kind, unless that was done when the file was parsed. */
  private void unlike(String place, YamlNode node, String kind, String expected) {
    switch (node) {
      case YamlNode.Faulty _ -> {}
      case YamlNode.Empty(int at) -> wrong(place, at, "is empty", expected);
      case YamlNode.Scalar(int at, String text) ->
          wrong(place, at, findings.shown(text) + " is not " + kind, expected);
      case YamlNode.Sequence(int at, List<YamlNode> _) ->
          wrong(place, at, "is a list, not " + kind, expected);
      case YamlNode.Mapping(int at, Map<String, YamlNode.Entry> _) ->
          wrong(place, at, "is a mapping, not " + kind, expected);
    }
  }

  private void wrong(String place, int at, String problem, String expected) {
    findings.error(place, at, problem + " (expected: " + expected + ")");
  }

  private Section child(String place, YamlNode node, int at) {
    return new Section(place, node, at, environment, findings);
  }

  private String understand(String key) {
    known.add(key);
    String place = Paths.child(path, key);
    findings.key(place);
    return place;
  }
}
