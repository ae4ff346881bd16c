package dev.loragateway.server;

import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How the corpus writes bytes: line ends of the file mean nothing, {@code \r \n \t \v \f \0 \\
 * \xE4} stand for one byte each, and {@code <<3*ab>>} for {@code ababab}. Stateless.
 */
final class WireNotation {
  private static final Pattern REPEATED = Pattern.compile("<<(\\d+)\\*(.*?)>>");
  private static final Pattern ESCAPED = Pattern.compile("\\\\(x[0-9a-fA-F]{2}|.)");

  private WireNotation() {}

  /** The bytes that a text stands for, each as one char. */
  static String bytes(String text) {
    String line = text.replace("\n", "");
    String spelledOut =
        REPEATED
            .matcher(line)
            .replaceAll(
                found ->
                    Matcher.quoteReplacement(
                        found.group(2).repeat(Integer.parseInt(found.group(1)))));
    return ESCAPED.matcher(spelledOut).replaceAll(WireNotation::escaped);
  }

  private static String escaped(MatchResult found) {
    String name = found.group(1);
    String one =
        switch (name.charAt(0)) {
          case 'r' -> "\r";
          case 'n' -> "\n";
          case 't' -> "\t";
          case 'v' -> "\u000b";
          case 'f' -> "\f";
          case '0' -> "\0";
          case '\\' -> "\\";
          case 'x' -> String.valueOf((char) Integer.parseInt(name.substring(1), 16));
          default -> throw new IllegalArgumentException("no such escape: \\" + name);
        };
    return Matcher.quoteReplacement(one);
  }
}
