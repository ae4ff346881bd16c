package dev.loragateway.scrape;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PrometheusParserTest {

  @Test
  void sample_withoutLabels_read() {
    assertThat(parse("up 1\n").samples).containsExactly("up{} 1.0");
  }

  @Test
  void sample_withLabels_readInTheirOrder() {
    assertThat(parse("m{b=\"x,y\",a=\"\"} 2.5e3\n").samples).containsExactly("m{b=x,y;a=} 2500.0");
  }

  @Test
  void labels_escapedCharacters_resolved() {
    assertThat(parse("m{a=\"q\\\"b\\\\n\\nü\\t\"} 1\n").samples)
        .containsExactly("m{a=q\"b\\n\nü\\t} 1.0");
  }

  @Test
  void labels_spacesAndTrailingComma_accepted() {
    assertThat(parse("\t m { a = \"1\" , b=\"2\" , }\t 3 \n").samples)
        .containsExactly("m{a=1;b=2} 3.0");
  }

  @Test
  void labels_moreThanTheFirstArrayHolds_allRead() {
    StringBuilder line = new StringBuilder("m{");
    for (int i = 0; i < 100; i++) {
      line.append("l").append(i).append("=\"").append(i).append("\",");
    }
    List<String> seen = new ArrayList<>();
    byte[] page = line.append("} 1").toString().getBytes(UTF_8);
    PrometheusParser.parse(
        page,
        page.length,
        visitor(
            name -> true, (name, labels, value) -> seen.add(labels.size() + labels.get("l99"))));
    assertThat(seen).containsExactly("10099");
  }

  @Test
  void labels_absentName_nullOrEmpty() {
    List<String> seen = new ArrayList<>();
    byte[] page = "m{a=\"1\"} 1\nm 2".getBytes(UTF_8);
    PrometheusParser.parse(
        page,
        page.length,
        visitor(
            name -> true,
            (name, labels, value) ->
                seen.add(labels.get("a") + "|" + labels.get("b") + "|" + labels.getOrEmpty("b"))));
    assertThat(seen).containsExactly("1|null|", "null|null|");
  }

  @ParameterizedTest
  @CsvSource({
    "+Inf,Infinity",
    "-Inf,-Infinity",
    "Inf,Infinity",
    "NaN,NaN",
    "-0.5E-3,-5.0E-4",
    "1.7955586858608656e+09,1.7955586858608656E9",
    "1e999,Infinity"
  })
  void value_anyNotation_read(String written, String expected) {
    assertThat(parse("m " + written).samples).containsExactly("m{} " + expected);
  }

  @Test
  void page_timestampsExemplarsAndEndMark_ignored() {
    Seen seen =
        parse("m 1 1520879607789\nn_bucket{le=\"1\"} 4 # {trace_id=\"x\"} 0.5\n# EOF\nm 3 # c\n");
    assertThat(seen.samples).containsExactly("m{} 1.0", "n_bucket{le=1} 4.0", "m{} 3.0");
    assertThat(seen.malformed).isZero();
  }

  @Test
  void page_carriageReturnsCommentsAndNoLastNewline_read() {
    Seen seen = parse("# HELP m x{\r\n# TYPE m gauge\r\n\r\nm{a=\"b\"} 1\r\n  \r\nm 2");
    assertThat(seen.samples).containsExactly("m{a=b} 1.0", "m{} 2.0");
    assertThat(seen.malformed).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "m",
        "m{",
        "m{a",
        "m{a=",
        "m{a=\"",
        "m{a=\"\\",
        "m{a=\"b\"",
        "m{a=\"b\"}",
        "m{a=\"b\" c=\"d\"} 1",
        "m{=\"b\"} 1",
        "m{,} 1",
        "m{a=b} 1",
        "m x",
        "m 1-1",
        "m 0x10",
        "m 1f",
        "m --1",
        "m Infinity",
        "m=1",
        "1m 1",
        "{\"m\"} 1",
        "<html>"
      })
  void line_malformed_skippedAndCounted(String line) {
    Seen seen = parse("a 1\n" + line + "\nb 2\n");
    assertThat(seen.samples).containsExactly("a{} 1.0", "b{} 2.0");
    assertThat(seen.malformed).isEqualTo(1);
  }

  @Test
  void line_ofUnwantedName_notVisited() {
    Seen seen = parse("a{x=} nonsense\nb 2\na 3\n", name -> name.equals("b"));
    assertThat(seen.samples).containsExactly("b{} 2.0");
    assertThat(seen.malformed).isZero();
  }

  @Test
  void visitor_runOfOneName_askedOnce() {
    List<String> asked = new ArrayList<>();
    parse("a 1\na 2\n# HELP a\na 3\nab 1\na 4\n", asked::add);
    assertThat(asked).containsExactly("a", "ab", "a");
  }

  @Test
  void line_nameThatBeginsLikeTheLastOne_notTakenForIt() {
    Seen seen = parse("ab 1\nabc 2\nab 3\na 4\nab{x=\"1\"} 5", name -> name.equals("ab"));
    assertThat(seen.samples).containsExactly("ab{} 1.0", "ab{} 3.0", "ab{x=1} 5.0");
    assertThat(seen.malformed).isZero();
  }

  @Test
  void page_linesOfAnyLength_endWhereTheyEnd() {
    StringBuilder page = new StringBuilder();
    for (int length = 0; length < 40; length++) {
      page.append("# ").append("\u008a\u000b".repeat(length)).append("\n");
      page.append("m").append("1".repeat(length)).append(" 7\n");
    }
    assertThat(parse(page.toString()).samples)
        .hasSize(40)
        .allSatisfy(sample -> assertThat(sample).endsWith("{} 7.0"));
  }

  @Test
  void length_shorterThanArray_restNotRead() {
    Seen seen = new Seen();
    byte[] page = "a 1\nb 2\n".getBytes(UTF_8);
    PrometheusParser.parse(page, 4, visitor(name -> true, seen::add));
    assertThat(seen.samples).containsExactly("a{} 1.0");
  }

  static Seen parse(String page) {
    return parse(page, name -> true);
  }

  static Seen parse(String text, Predicate<String> wanted) {
    Seen seen = new Seen();
    byte[] page = text.getBytes(UTF_8);
    seen.malformed = PrometheusParser.parse(page, page.length, visitor(wanted, seen::add));
    return seen;
  }

  static SampleVisitor visitor(Predicate<String> wanted, SampleConsumer samples) {
    return new SampleVisitor() {
      @Override
      public @Nullable String wanted(byte[] page, int from, int to) {
        String name = new String(page, from, to - from, US_ASCII);
        return wanted.test(name) ? name : null;
      }

      @Override
      public void sample(String name, Labels labels, double value) {
        samples.accept(name, labels, value);
      }
    };
  }

  interface SampleConsumer {
    void accept(String name, Labels labels, double value);
  }

  static final class Seen {
    final List<String> samples = new ArrayList<>();
    int malformed;

    void add(String name, Labels labels, double value) {
      List<String> pairs = new ArrayList<>();
      for (int i = 0; i < labels.size(); i++) {
        pairs.add(labels.name(i) + "=" + labels.value(i));
      }
      samples.add(name + "{" + String.join(";", pairs) + "} " + value);
    }
  }
}
