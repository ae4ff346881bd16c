package dev.loragateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.PoolSnapshot;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class RetryBudgetTest {
  private final RetryBudget budget = new RetryBudget();

  private static PoolSnapshot idlePool(String name) {
    return new PoolSnapshot(
        PoolSettings.of(name, "base"), List.of(), Map.of(), Set.of("base"), Map.of(), true);
  }

  @Test
  void take_idlePool_allowsThreeAtOnce() {
    PoolSnapshot pool = idlePool("p");

    assertThat(budget.take(pool, 20)).isTrue();
    assertThat(budget.take(pool, 20)).isTrue();
    assertThat(budget.take(pool, 20)).isTrue();
    assertThat(budget.take(pool, 20)).isFalse();
    assertThat(budget.taken()).isEqualTo(3);
  }

  @Test
  void take_afterARelease_isAllowedAgain() {
    PoolSnapshot pool = idlePool("p");
    for (int i = 0; i < 4; i++) {
      budget.take(pool, 0);
    }

    budget.release(pool.name());

    assertThat(budget.take(pool, 0)).isTrue();
  }

  @Test
  void take_otherPool_hasItsOwnBudget() {
    for (int i = 0; i < 3; i++) {
      budget.take(idlePool("p"), 20);
    }

    assertThat(budget.take(idlePool("q"), 20)).isTrue();
  }
}
