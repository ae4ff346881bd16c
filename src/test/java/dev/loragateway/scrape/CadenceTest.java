package dev.loragateway.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class CadenceTest {
  private static final long MS = Duration.ofMillis(1).toNanos();

  /** Near the point at which nanosecond times overflow, for they may begin anywhere. */
  private static final long START = Long.MAX_VALUE - 300 * MS;

  private static final ScrapeSettings SETTINGS =
      new ScrapeSettings(
          Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofSeconds(3), Engine.VLLM);

  /** The middle of the range: no jitter. */
  private static final RandomGenerator MIDDLE = () -> 1L << 63;

  private static final RandomGenerator LOWEST = () -> 0;
  private static final RandomGenerator HIGHEST = () -> -1L;

  private final Cadence cadence = new Cadence(MIDDLE, START);

  @Test
  void newEndpoint_atStart_everythingDue() {
    assertThat(cadence.delay(START, false, false)).isZero();
    assertThat(cadence.probeDue(START)).isTrue();
    assertThat(cadence.modelsDue(START)).isTrue();
    assertThat(cadence.tickDue(START)).isTrue();
    assertThat(cadence.scrapeDue(START, false)).isTrue();
  }

  @Test
  void busyEndpoint_scraped_dueAfterInterval() {
    up(START);
    assertThat(cadence.delay(START, true, false)).isEqualTo(500 * MS);
    assertThat(cadence.tickDue(START + 499 * MS)).isFalse();
    assertThat(cadence.tickDue(START + 500 * MS)).isTrue();
    assertThat(cadence.scrapeDue(START + 500 * MS, true)).isTrue();
  }

  @Test
  void idleEndpoint_scraped_dueAtFourthTick() {
    up(START);
    int ticks = 0;
    long now = START;
    do {
      now += cadence.delay(now, true, false);
      ticks++;
      if (!cadence.scrapeDue(now, false)) {
        cadence.skipped(now, SETTINGS);
      }
    } while (!cadence.scrapeDue(now, false));
    assertThat(ticks).isEqualTo(4);
    assertThat(now - START).isEqualTo(2000 * MS);
  }

  @Test
  void idleEndpoint_longInterval_dueAtNextTick() {
    ScrapeSettings slow =
        new ScrapeSettings(
            Duration.ofSeconds(4), Duration.ofSeconds(1), Duration.ofSeconds(30), Engine.VLLM);
    cadence.scraped(START, slow);
    assertThat(cadence.scrapeDue(START + 4000 * MS, false)).isTrue();
  }

  @Test
  void idleEndpoint_becomesBusy_dueAtNextTick() {
    up(START);
    assertThat(cadence.scrapeDue(START + 500 * MS, false)).isFalse();
    assertThat(cadence.scrapeDue(START + 500 * MS, true)).isTrue();
  }

  @Test
  void tick_anyChance_withinTenPercent() {
    assertThat(tickAfter(LOWEST)).isEqualTo(450 * MS);
    assertThat(tickAfter(HIGHEST)).isBetween(549 * MS, 550 * MS);
  }

  @Test
  void models_failed_dueAfterIntervalNotModelsInterval() {
    cadence.modelsAsked(START, SETTINGS, false);
    assertThat(cadence.modelsDue(START + 500 * MS)).isTrue();
    cadence.modelsAsked(START, SETTINGS, true);
    assertThat(cadence.modelsDue(START + 2999 * MS)).isFalse();
    assertThat(cadence.modelsDue(START + 3000 * MS)).isTrue();
  }

  @Test
  void downEndpoint_probedAgainAndAgain_backsOffToFiveSeconds() {
    cadence.probedDown(START, SETTINGS);
    assertThat(cadence.delay(START, false, false)).isEqualTo(500 * MS);
    cadence.probedDown(START, SETTINGS);
    assertThat(cadence.delay(START, false, false)).isEqualTo(625 * MS);
    for (int i = 0; i < 50; i++) {
      cadence.probedDown(START, SETTINGS);
    }
    assertThat(cadence.delay(START, false, false)).isEqualTo(5000 * MS);
  }

  @Test
  void downEndpoint_wasUpBetween_backOffBeginsAnew() {
    cadence.probedDown(START, SETTINGS);
    cadence.probedDown(START, SETTINGS);
    cadence.probedUp(START, SETTINGS);
    cadence.probedDown(START, SETTINGS);
    assertThat(cadence.delay(START, false, false)).isEqualTo(500 * MS);
  }

  @Test
  void downEndpoint_ticksPassed_onlyTheProbeCounts() {
    up(START);
    cadence.probedDown(START + 400 * MS, SETTINGS);
    assertThat(cadence.delay(START + 600 * MS, false, false)).isEqualTo(300 * MS);
  }

  @Test
  void wake_afterAnother_waitsHundredMillis() {
    up(START);
    assertThat(cadence.delay(START, true, true)).isZero();
    assertThat(cadence.wakeDue(START)).isTrue();
    cadence.wokeUp(START);
    assertThat(cadence.wakeDue(START + 99 * MS)).isFalse();
    assertThat(cadence.delay(START, true, true)).isEqualTo(100 * MS);
    assertThat(cadence.wakeDue(START + 100 * MS)).isTrue();
  }

  @Test
  void postpone_probeJustMade_dueAgainAfterInterval() {
    up(START);
    cadence.postpone(START + 700 * MS, SETTINGS);
    assertThat(cadence.delay(START + 700 * MS, true, false)).isEqualTo(500 * MS);
    assertThat(cadence.delay(START + 700 * MS, false, false)).isEqualTo(500 * MS);
    assertThat(cadence.modelsDue(START + 1200 * MS)).isFalse();
  }

  private void up(long now) {
    cadence.probedUp(now, SETTINGS);
    cadence.modelsAsked(now, SETTINGS, true);
    cadence.scraped(now, SETTINGS);
  }

  private static long tickAfter(RandomGenerator random) {
    Cadence cadence = new Cadence(random, START);
    cadence.probedUp(START, SETTINGS);
    cadence.modelsAsked(START, SETTINGS, true);
    cadence.scraped(START, SETTINGS);
    return cadence.delay(START, true, false);
  }
}
