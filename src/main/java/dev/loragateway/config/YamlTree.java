package dev.loragateway.config;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads YAML text into nodes that know their lines. Aliases are refused, so that a small file
 * cannot grow; so is nesting deeper than {@value #MAX_DEPTH}. Confined to the reading thread.
 */
final class YamlTree {
  private static final int MAX_DEPTH = 32;
  private static final YAMLFactory FACTORY =
      YAMLFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
          .build();
  private static final Pattern PLACE = Pattern.compile("line (\\d+), column \\d+");

  private final String yaml;
  private final YAMLParser parser;
  private final Findings findings;

  private YamlTree(String yaml, YAMLParser parser, Findings findings) {
    this.yaml = yaml;
    this.parser = parser;
    this.findings = findings;
  }

  /** The root of the only document; faulty after a syntax error. */
  static YamlNode parse(String yaml, Findings findings) {
    try (YAMLParser parser = FACTORY.createParser(yaml)) {
      return new YamlTree(yaml, parser, findings).document();
    } catch (IOException e) {
      throw new IllegalStateException("text in memory cannot fail to be read", e);
    }
  }

  private YamlNode document() throws IOException {
    try {
      YamlNode root = parser.nextToken() == null ? new YamlNode.Empty(0) : node("");
      if (parser.nextToken() != null) {
        findings.error("", line(), "a second document begins here (expected: a single one)");
      }
      return root;
    } catch (JacksonException e) {
      int line = line(e);
      findings.error("", line, "is not valid YAML: " + problem(e) + hint(line));
      return new YamlNode.Faulty(line);
    }
  }

  /** The node of the current token, which {@code path} names. */
  private YamlNode node(String path) throws IOException {
    int line = line();
    if (parser.isCurrentAlias()) {
      String alias = "*" + parser.getText();
      findings.error(path, line, alias + " is an alias (expected: the value itself)");
      return new YamlNode.Faulty(line);
    }
    return switch (parser.currentToken()) {
      case START_OBJECT -> mapping(path, line);
      case START_ARRAY -> sequence(path, line);
      case VALUE_NULL -> new YamlNode.Empty(line);
      default -> scalar(line, parser.getText());
    };
  }

  private static YamlNode scalar(int line, String text) {
    return text.isBlank() ? new YamlNode.Empty(line) : new YamlNode.Scalar(line, text);
  }

  private YamlNode mapping(String path, int line) throws IOException {
    Map<String, YamlNode.Entry> entries = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      String place = Paths.child(path, key);
      int keyLine = line();
      YamlNode.@Nullable Entry first = entries.get(key);
      if (first != null) {
        String message = "is there twice, first in line " + first.line() + " (expected: once)";
        findings.error(place, keyLine, message);
      }
      parser.nextToken();
      entries.putIfAbsent(key, new YamlNode.Entry(keyLine, node(place)));
    }
    return new YamlNode.Mapping(line, entries);
  }

  private YamlNode sequence(String path, int line) throws IOException {
    List<YamlNode> items = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      items.add(node(Paths.item(path, items.size())));
    }
    return new YamlNode.Sequence(line, items);
  }

  private int line() {
    return parser.currentTokenLocation().getLineNr();
  }

  /** The parser's location lags behind; the message of the scanner names the right one last. */
  private static int line(JacksonException e) {
    Matcher places = PLACE.matcher(e.getOriginalMessage());
    int line = 0;
    while (places.find()) {
      line = Integer.parseInt(places.group(1));
    }
    @Nullable JsonLocation location = e.getLocation();
    return line == 0 && location != null ? location.getLineNr() : line;
  }

  /** The scanner's message without the places and the excerpts, which it indents. */
  private static String problem(JacksonException e) {
    return e.getOriginalMessage()
        .lines()
        .filter(line -> !line.startsWith(" ") && !line.isBlank())
        .collect(Collectors.joining(", "));
  }

  private String hint(int line) {
    String text = yaml.lines().skip(Math.max(0, line - 1)).findFirst().orElse("");
    return text.contains("${") || text.contains(": :")
        ? " (within [ ] and { } quotes are needed around ${NAME} and :PORT)"
        : "";
  }
}
