package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** Generators of request-like JSON texts, whole and damaged. */
final class JsonTexts {
  private static final String DAMAGE =
      "{}[]\",:\\ue/-+.0129tfn \t\n\u0000\u001f\u007f\u0080\u00e9\ud83d\ude00";

  private JsonTexts() {}

  static Arbitrary<byte[]> requests() {
    return objects(2).map(text -> text.getBytes(UTF_8));
  }

  /** Requests with up to three random edits of single bytes. */
  static Arbitrary<byte[]> damaged() {
    return Combinators.combine(
            requests(), Arbitraries.longs(), Arbitraries.integers().between(0, 3))
        .as(JsonTexts::damage);
  }

  private static byte[] damage(byte[] text, long seed, int edits) {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] bytes = text;
    for (int i = 0; i < edits; i++) {
      int at = random.nextInt(bytes.length + 1);
      int removed = Math.min(random.nextInt(3), bytes.length - at);
      byte[] inserted = random.nextBoolean() ? pick(random) : new byte[0];
      byte[] edited = new byte[bytes.length - removed + inserted.length];
      System.arraycopy(bytes, 0, edited, 0, at);
      System.arraycopy(inserted, 0, edited, at, inserted.length);
      System.arraycopy(
          bytes, at + removed, edited, at + inserted.length, bytes.length - at - removed);
      bytes = edited;
    }
    return bytes;
  }

  private static byte[] pick(SplittableRandom random) {
    int at = random.nextInt(DAMAGE.length());
    byte[] all = DAMAGE.getBytes(UTF_8);
    return random.nextInt(4) == 0
        ? new byte[] {all[random.nextInt(all.length)]}
        : DAMAGE.substring(at, at + 1).getBytes(UTF_8);
  }

  private static Arbitrary<String> values(int depth) {
    Arbitrary<String> scalars =
        Arbitraries.oneOf(
            strings(),
            Arbitraries.of(
                "0", "-0", "12", "-3.50", "1e9", "2E-7", "0.1e+10", "123456789012345678901"),
            Arbitraries.of("true", "false", "null"));
    if (depth == 0) {
      return scalars;
    }
    Arbitrary<String> arrays =
        Arbitraries.lazy(() -> values(depth - 1))
            .list()
            .ofMaxSize(3)
            .map(elements -> "[" + String.join(", ", elements) + "]");
    return Arbitraries.frequencyOf(
        Tuple.of(4, scalars),
        Tuple.of(1, arrays),
        Tuple.of(1, Arbitraries.lazy(() -> objects(depth - 1))));
  }

  private static Arbitrary<String> objects(int depth) {
    Arbitrary<String> names =
        Arbitraries.oneOf(
            Arbitraries.of("\"model\"", "\"messages\"", "\"stream\"", "\"user\"", "\"prompt\""),
            Arbitraries.of("\"m\\u006Fdel\"", "\"input\"", "\"models\"", "\"x\"", "\"\""),
            strings());
    Arbitrary<String> members =
        Combinators.combine(names, spaces(), values(depth), spaces())
            .as((name, before, value, after) -> name + before + ":" + after + value);
    return Combinators.combine(members.list().ofMaxSize(5), spaces())
        .as((all, space) -> space + "{" + String.join(space + ",", all) + "}" + space);
  }

  private static Arbitrary<String> spaces() {
    return Arbitraries.of("", "", " ", "\r\n", "\t ");
  }

  private static Arbitrary<String> strings() {
    Arbitrary<String> pieces =
        Arbitraries.oneOf(
            Arbitraries.strings().withCharRange('a', 'z').ofMaxLength(20),
            Arbitraries.of(
                "\\n", "\\\"", "\\\\", "\\/", "\\t", "\\u0041", "\\u00E9", "\\ud83d\\ude00"),
            Arbitraries.of("\\ud83d", "\\ude00", "\\u0000", "\u007f", "é", "漢字", "😀", "\uFEFF"));
    return pieces.list().ofMaxSize(4).map(all -> "\"" + String.join("", all) + "\"");
  }
}
