package dev.loragateway.adapters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplicasTest {
  @ParameterizedTest
  @ValueSource(strings = {"0", "2", "all", "auto", "0-4", "2-all"})
  void parse_whatUsersWrite_isWrittenTheSameWay(String text) {
    assertThat(Replicas.parse(text)).hasToString(text);
  }

  @Test
  void parse_bounds_areBoth() {
    assertThat(Replicas.parse("0-4")).isEqualTo(new Replicas(0, 4));
    assertThat(Replicas.parse("3")).isEqualTo(new Replicas(3, 3));
    assertThat(Replicas.parse("all")).isEqualTo(Replicas.ALL);
    assertThat(Replicas.parse("auto").min()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "4-1", "1-", "-", "one", "1.5", "1-2-3", "4294967295", "all-1"})
  void parse_anythingElse_isRefusedWithWhatWasExpected(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Replicas.parse(text))
        .withMessage(
            "replicas are " + text + " (expected: a number, all, auto, or bounds such as 0-4)");
  }

  @Test
  void automatic_onlyBetweenTwoBounds() {
    assertThat(Replicas.AUTO.automatic()).isTrue();
    assertThat(new Replicas(0, 4).automatic()).isTrue();
    assertThat(Replicas.of(4).automatic()).isFalse();
    assertThat(Replicas.ALL.automatic()).isFalse();
  }
}
