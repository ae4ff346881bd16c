package dev.loragateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;

class ConfigLoaderProperties {
  @Property(tries = 500)
  void text_ofAnyKind_isNeverAnException(@ForAll String text) {
    assertReported(text);
  }

  @Property(tries = 1000)
  void text_ofTokens_isNeverAnException(@ForAll("tokens") String text) {
    assertReported(text);
  }

  @Property(tries = 300)
  void value_ofAnyKind_isNeverAnException(@ForAll String text) {
    assertReported("pools: [{name: a, baseModel: b, endpoints: [" + Text.quote(text) + "]}]");
  }

  @Property
  void duration_shown_readsTheSame(@ForAll @LongRange(min = 0, max = 86_400_000) long millis) {
    Duration duration = Duration.ofMillis(millis);

    assertThat(Quantities.durationOrOff(Duration.ofDays(1)).parse(Quantities.show(duration)))
        .isEqualTo(new Parsed.Value<>(duration));
  }

  @Property
  void size_shown_readsTheSame(@ForAll @LongRange(min = 0, max = 1L << 50) long bytes) {
    assertThat(Quantities.size(0, 1L << 50).parse(Quantities.showSize(bytes)))
        .isEqualTo(new Parsed.Value<>(bytes));
  }

  @Provide
  Arbitrary<String> tokens() {
    return Arbitraries.of(
            "pools",
            "listen",
            "name",
            ": ",
            "- ",
            "\n",
            "  ",
            "{",
            "}",
            "[",
            "]",
            "&a",
            "*a",
            "<<",
            "!!binary x",
            "!x ",
            "? ",
            "|\n",
            "'",
            "\"",
            "#",
            "${",
            "}",
            "$${A}",
            "~",
            ",",
            "---\n",
            "...\n",
            "%YAML 1.1\n",
            "\t",
            "0x1F",
            "http://a",
            ":8080",
            "\u0000",
            "\ud800")
        .list()
        .ofMaxSize(25)
        .map(tokens -> String.join("", tokens));
  }

  private static void assertReported(String yaml) {
    if (Configs.parse(yaml, Map.of()) instanceof ConfigResult.Invalid(var errors)) {
      assertThat(errors).isNotEmpty().allSatisfy(error -> assertThat(error.message()).isNotBlank());
    }
  }
}
