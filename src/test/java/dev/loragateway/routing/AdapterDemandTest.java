package dev.loragateway.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AdapterDemandTest {
  private final AtomicLong clock = new AtomicLong();
  private final AdapterDemand demand = new AdapterDemand(clock::get);

  @Test
  void rate_ofASteadyStream_isItsRate() {
    for (int i = 0; i < 5 * 300; i++) {
      clock.addAndGet(Duration.ofMillis(200).toNanos());
      demand.add("a");
    }

    assertThat(demand.rate("a")).isCloseTo(5, within(0.1));
  }

  @Test
  void rate_afterAHalfLifeOfSilence_isHalf() {
    demand.add("a");
    double before = demand.rate("a");

    clock.addAndGet(Duration.ofSeconds(30).toNanos());

    assertThat(demand.rate("a")).isCloseTo(before / 2, within(1e-9));
  }

  @Test
  void homes_betweenLeastAndMost_staysAsItWas() {
    AdapterDemand.Model model = demand.model("a");

    assertThat(model.homes(1, 1)).isEqualTo(1);
    assertThat(model.homes(3, 4)).as("more are needed").isEqualTo(3);
    assertThat(model.homes(2, 3)).as("two would do, only just").isEqualTo(3);
    assertThat(model.homes(2, 2)).as("two do").isEqualTo(2);
    assertThat(model.homes(2, 3)).as("two do, only just").isEqualTo(2);
  }

  @Test
  void rate_ofANameNeverAskedFor_isZero() {
    assertThat(demand.rate("never")).isZero();
  }
}
