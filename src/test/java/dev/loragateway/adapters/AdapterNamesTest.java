package dev.loragateway.adapters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdapterNamesTest {
  @ParameterizedTest
  @ValueSource(strings = {"a", "lora-0", "acme/llama-2-70b/support/v1", "a.b_c+d=e-f/1", "A/B"})
  void refusal_plainSegments_areAllowed(String name) {
    assertThat(AdapterNames.refusal(name)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "/", "/a", "a/", "a//b", "a/../b", ".a", "a/.b", "-a", "a b", "a@1", "a\n", "ä"
      })
  void refusal_anythingElse_isRefused(String name) {
    assertThat(AdapterNames.refusal(name)).contains("(expected: letters, digits");
  }

  @Test
  void refusal_tooLong_isRefused() {
    assertThat(AdapterNames.refusal("a".repeat(AdapterNames.LONGEST))).isNull();
    assertThat(AdapterNames.refusal("a".repeat(AdapterNames.LONGEST + 1)))
        .isEqualTo("the name has 201 characters (expected: at most 200)");
  }

  @Test
  void lint_departuresFromTheConvention_areTold() {
    assertThat(AdapterNames.lint("acme/llama-2-70b/support/v1")).isNull();
    assertThat(AdapterNames.lint("support")).contains("has 1 segments");
    assertThat(AdapterNames.lint("a/b/c/d/e")).contains("has 5 segments");
    assertThat(AdapterNames.lint("Acme/llama/support/v1")).contains("has capital letters");
  }

  @Test
  void aliasShare_weights_areBounded() {
    assertThat(new AliasShare("a").weight()).isEqualTo(AliasShare.USUAL);
    assertThat(new AliasShare("a", 0).weight()).isZero();
    assertThat(new AliasShare("a", AliasShare.MOST).weight()).isEqualTo(1000);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AliasShare("a", 1001))
        .withMessage("alias a has a weight of 1001 (expected: 0 to 1000)");
    assertThatIllegalArgumentException().isThrownBy(() -> new AliasShare("a", -1));
  }
}
