package dev.loragateway.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class HomeOrderTest {
  @Test
  void nearest_isByFallingScore() {
    long[] hashes = LongStream.range(0, 100).map(i -> Hashing.of("10.0.0." + i)).toArray();

    HomeOrder order = HomeOrder.of("acme/support", hashes);

    List<Long> scores =
        IntStream.range(0, 100)
            .mapToObj(n -> Hashing.score(order.hash(), hashes[order.nearest(n)]))
            .toList();
    assertThat(scores).isSortedAccordingTo((a, b) -> Long.compare(b, a)).doesNotHaveDuplicates();
  }
}
