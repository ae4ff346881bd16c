package dev.loragateway.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Pattern;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelPatternsTest {
  private static boolean match(String pattern, String model) {
    return new ModelPatterns(List.of(pattern)).match(model);
  }

  @ParameterizedTest
  @CsvSource({
    "acme/*, acme/llama/support/v1, true",
    "acme/*, acme/, true",
    "acme/*, acme, false",
    "acme/*, acmeo/x, false",
    "acme/*, ACME/x, false",
    "*, anything, true",
    "base, base, true",
    "base, base2, false",
    "*/v1, acme/law/v1, true",
    "*/v1, acme/law/v12, false",
    "a*b*c, a-b-b-c, true",
    "a*b*c, a-c-b, false",
    "a.c, abc, false"
  })
  void pattern_matchesTheWholeName(String pattern, String model, boolean matches) {
    assertThat(match(pattern, model)).isEqualTo(matches);
  }

  @Test
  void noPattern_matchesNothing() {
    assertThat(new ModelPatterns(List.of()).match("base")).isFalse();
    assertThat(match("", "base")).isFalse();
  }

  @Property
  void pattern_isAsARegularExpressionSays(
      @ForAll @Chars({'a', 'b', '*'}) @StringLength(max = 6) String pattern,
      @ForAll @Chars({'a', 'b'}) @StringLength(max = 12) String model) {
    String regex = pattern.replaceAll("\\*+", ".*");

    assertThat(match(pattern, model)).isEqualTo(Pattern.matches(regex, model));
  }
}
