package dev.loragateway.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LearnedTimesTest {
  private final LearnedTimes times = new LearnedTimes(RoutingSettings.DEFAULTS);

  @Test
  void start_isWhatTheSettingsSay() {
    assertThat(times.tokenTime()).isEqualTo(20);
    assertThat(times.outputTokens()).isEqualTo(128);
    assertThat(times.cpuSwap()).isEqualTo(20);
    assertThat(times.diskSwap()).isEqualTo(200);
  }

  @Test
  void streamed_manyTimes_learnsTokenTimeAndLength() {
    for (int i = 0; i < 200; i++) {
      times.streamed(true, 30, 5 * 9, 10);
    }

    assertThat(times.tokenTime()).isCloseTo(5, within(0.01));
    assertThat(times.outputTokens()).isCloseTo(10, within(0.01));
  }

  @Test
  void swapped_streamed_learnsHowMuchLaterTheFirstByteCame() {
    for (int i = 0; i < 100; i++) {
      times.streamed(true, 30, 45, 10);
      times.swapped(false, 34, 0);
      times.swapped(true, 85, 0);
    }

    assertThat(times.cpuSwap()).isCloseTo(4, within(0.01));
    assertThat(times.diskSwap()).isCloseTo(55, within(0.01));
  }

  @Test
  void swapped_whole_comparesWithAnswersOfTheSameLength() {
    for (int i = 0; i < 100; i++) {
      times.whole(true, 50, 10);
      times.swapped(false, 107, 20);
    }

    assertThat(times.cpuSwap()).isCloseTo(7, within(0.01));
  }

  @Test
  void swapped_withNothingToCompare_learnsNothing() {
    assertThat(times.swapped(false, 500, 0)).isNaN();
    assertThat(times.cpuSwap()).isEqualTo(20);
  }

  @Test
  void swapped_earlierThanWithout_isZeroNotNegative() {
    times.streamed(true, 30, 45, 10);

    assertThat(times.swapped(false, 10, 0)).isZero();
  }
}
