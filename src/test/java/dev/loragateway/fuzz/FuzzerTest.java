package dev.loragateway.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class FuzzerTest {
  private static final Inputs INPUTS = Inputs.of(List.of("one two", "three"), "*", "five");

  @Test
  void failure_namesItsSeed_andTheShortestInput() {
    assertThatThrownBy(
            () ->
                Fuzzer.run(
                    "stars",
                    INPUTS,
                    (input, random) -> {
                      for (byte b : input) {
                        if (b == '*') {
                          throw new IllegalStateException("a star");
                        }
                      }
                    }))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("stars throws java.lang.IllegalStateException: a star")
        .hasMessageContaining("input: \"*\"")
        .hasMessageContaining("base64: Kg==")
        .hasMessageContaining("-Dfuzz.seed=1 -Dfuzz.first=");
  }

  @Test
  void inputs_ofOneSeed_areTheSameEachTime_andDiffer() throws InterruptedException {
    List<String> first = inputs();

    assertThat(inputs()).isEqualTo(first);
    assertThat(new HashSet<>(first)).hasSizeGreaterThan(first.size() / 2);
    assertThat(first).contains("one two", "three").anyMatch(text -> text.contains("five"));
  }

  private static List<String> inputs() throws InterruptedException {
    List<String> all = new ArrayList<>();
    Fuzzer.run(
        "recorded",
        INPUTS,
        (input, random) -> all.add(new String(input, java.nio.charset.StandardCharsets.UTF_8)));
    return all;
  }
}
