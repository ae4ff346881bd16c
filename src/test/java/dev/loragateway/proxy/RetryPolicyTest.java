package dev.loragateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.proxy.ProxySettings.Retries;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.upstream.UpstreamFailure;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
  private static final PoolSnapshot POOL =
      new PoolSnapshot(PoolSettings.of("p", "base"), List.of(), Map.of(), Set.of(), Map.of(), true);

  /** Always the longest pause. */
  private static final RandomGenerator LONGEST =
      new RandomGenerator() {
        @Override
        public long nextLong() {
          throw new AssertionError("unbounded");
        }

        @Override
        public long nextLong(long bound) {
          return bound - 1;
        }
      };

  private static RetryPolicy policy(int max) {
    return new RetryPolicy(
        new RetryBudget(),
        new Retries(max, 100, Set.of(), Duration.ofMillis(25), Duration.ofMillis(90)));
  }

  @Test
  void freeRetry_goesAtOnce() {
    RetryPolicy policy = policy(2);
    policy.attempted();

    assertThat(policy.allows(UpstreamFailure.CONNECT, POOL)).isTrue();

    assertThat(policy.pause(LONGEST)).isZero();
  }

  @Test
  void pauses_doubleUpToTheLongest() {
    RetryPolicy policy = policy(4);
    for (long millis : new long[] {25, 50, 90}) {
      policy.attempted();
      assertThat(policy.allows(UpstreamFailure.BROKEN, POOL)).isTrue();
      assertThat(policy.pause(LONGEST)).isEqualTo(millis * 1_000_000);
    }
  }

  @Test
  void secondConnectFailure_countsAndPauses() {
    RetryPolicy policy = policy(2);
    policy.attempted();
    assertThat(policy.allows(UpstreamFailure.CONNECT, POOL)).isTrue();
    policy.attempted();

    assertThat(policy.allows(UpstreamFailure.CONNECT, POOL)).isTrue();

    assertThat(policy.pause(LONGEST)).isEqualTo(25_000_000);
    policy.attempted();
    assertThat(policy.allows(UpstreamFailure.CONNECT, POOL)).isFalse();
  }
}
