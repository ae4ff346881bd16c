package dev.loragateway.bench.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SizesTest {
  private static Sizes sizes(int services, int endpoints, int writingSeconds) {
    return new Sizes(services, endpoints, 0, 1, writingSeconds, 1, 0, 0);
  }

  private static long unannotated(Sizes sizes, int service) {
    return IntStream.rangeClosed(0, sizes.endpoints())
        .filter(number -> !sizes.isAnnotated(service, number))
        .count();
  }

  @Test
  void isAnnotated_manyPods_leavesOutAsManyAsCanBeWrittenEvenly() {
    Sizes sizes = sizes(50, 100, 20);
    assertThat(sizes.unannotated()).isEqualTo(400);
    assertThat(IntStream.range(0, 50)).allMatch(service -> unannotated(sizes, service) == 8);
  }

  @Test
  void isAnnotated_fewPods_leavesOutAllButTheNewcomers() {
    Sizes sizes = sizes(2, 3, 20);
    assertThat(sizes.unannotated()).isEqualTo(6);
    assertThat(unannotated(sizes, 0)).isEqualTo(3);
    assertThat(sizes.isAnnotated(0, 3)).isTrue();
  }

  @Test
  void sizes_moreEndpointsThanASliceTakes_refusesThem() {
    assertThatThrownBy(() -> sizes(1, 1000, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--endpoints is 1000 (expected: 1 to 999)");
  }
}
