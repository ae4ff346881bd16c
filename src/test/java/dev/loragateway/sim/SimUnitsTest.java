package dev.loragateway.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sizes, buses and logs. */
class SimUnitsTest {
  @ParameterizedTest
  @CsvSource({
    "GEN4, 100MB, 4.2",
    "GEN4, 500MB, 20.8",
    "GEN4, 1GB, 41.7",
    "GEN3, 100MB, 8.3",
    "GEN5, 100MB, 2.1"
  })
  void transfer_adapter_takesItsBytesOverTheRate(Pcie pcie, String size, String millis) {
    double ms = pcie.transfer(ByteSize.parse(size)).toNanos() / 1e6;
    assertThat("%.1f".formatted(ms)).isEqualTo(millis);
  }

  @ParameterizedTest
  @CsvSource({
    "7, 7",
    "1KB, 1000",
    "1.5 MB, 1500000",
    "2GiB, 2147483648",
    "0, -1",
    "MB, -1",
    "-1MB, -1",
    "1ib, -1"
  })
  void size_text_isBytesOrInvalid(String text, long bytes) {
    assertThat(ByteSize.parse(text)).isEqualTo(bytes);
  }

  @Test
  void log_beyondItsBound_forgetsTheOldest() {
    RecentLog<Integer> log = new RecentLog<>(2, 10, n -> n);
    List.of(1, 2, 3).forEach(log::add);
    assertThat(log.list(n -> n)).containsExactly(2, 3);
    log.add(9);
    assertThat(log.list(n -> n)).containsExactly(9);
  }
}
