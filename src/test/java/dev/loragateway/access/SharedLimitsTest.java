package dev.loragateway.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.access.RateLimiter.Reservation;
import dev.loragateway.access.RateLimiter.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Gateways that share limits through a real Redis. */
@Tag("conformance")
class SharedLimitsTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  /** What one gateway has for limits. */
  private static final class Member implements AutoCloseable {
    final RateLimiter limiter = new RateLimiter(System::nanoTime);
    final AtomicReference<Boolean> shared = new AtomicReference<>();
    final SharedLimits limits = new SharedLimits(limiter, shared::set);

    Member(RedisSettings redis) {
      limits.use(redis);
      await().atMost(SOON).until(() -> Boolean.TRUE.equals(shared.get()));
    }

    /** How many of so many requests are admitted; they stay under way. */
    int admit(Caller caller, int times) {
      int admitted = 0;
      for (int i = 0; i < times; i++) {
        admitted += limiter.admit(caller, 0) instanceof Verdict.Admitted ? 1 : 0;
      }
      return admitted;
    }

    /** Asks without taking. */
    boolean refuses(Caller caller) {
      if (limiter.admit(caller, 0) instanceof Verdict.Admitted admitted) {
        admitted.reservation().settle(0);
        return false;
      }
      return true;
    }

    long left(Caller caller) {
      return limiter.requests(caller).remaining();
    }

    @Override
    public void close() {
      limits.close();
    }
  }

  private final RedisServer redis = new RedisServer();
  private final List<Member> members = new ArrayList<>();

  @BeforeEach
  void join() {
    for (int i = 0; i < 3; i++) {
      members.add(new Member(redis.settings()));
    }
  }

  @AfterEach
  void leave() {
    members.forEach(Member::close);
    redis.close();
  }

  private static Caller caller(int requests, long tokens, int parallel) {
    return new Caller(
        "k", "t", ModelPatterns.ALL, new RateLimits(requests, tokens, parallel), null, true);
  }

  @Test
  void whatOneUses_theOthersHaveNotLeft() {
    Caller caller = caller(1_000_000, 0, 0);
    members.forEach(member -> member.admit(caller, 1));

    members.get(0).admit(caller, 300_000);

    await().atMost(SOON).until(() -> members.get(1).left(caller) < 990_000);
    await().atMost(SOON).until(() -> members.get(2).left(caller) < 990_000);
  }

  @Test
  void admittedTooMuch_isAtMostWhatTheOthersAdmitBetweenTwoExchanges() {
    Caller caller = caller(30, 0, 0);
    int perTurn = 4;
    long began = System.nanoTime();
    int admitted = 0;
    for (int turn = 0; turn < 6; turn++) {
      for (Member member : members) {
        admitted += member.admit(caller, perTurn);
      }
      long least = admitted;
      await()
          .atMost(SOON)
          .until(
              () ->
                  members.stream()
                      .allMatch(m -> 30 - m.left(caller) + refilled(began) >= Math.min(least, 30)));
    }

    assertThat(admitted).isGreaterThanOrEqualTo(30);
    assertThat((double) admitted)
        .isLessThanOrEqualTo(30 + refilled(began) + (members.size() - 1) * perTurn);
  }

  private static double refilled(long began) {
    return 1 + (System.nanoTime() - began) / 60e9 * 30;
  }

  @Test
  void tokens_areSharedAsTheyAreSettled() {
    Caller caller = caller(0, 1_000_000, 0);
    Member one = members.get(0);
    Member other = members.get(1);
    other.admit(caller, 1);
    Reservation reservation = ((Verdict.Admitted) one.limiter.admit(caller, 400_000)).reservation();
    await().atMost(SOON).until(() -> other.limiter.tokens(caller).remaining() < 700_000);

    reservation.settle(0);

    await().atMost(SOON).until(() -> other.limiter.tokens(caller).remaining() > 900_000);
  }

  @Test
  void parallel_countsThoseUnderWayElsewhere_untilTheyAreOver_orTheirGatewayIsGone() {
    Caller caller = caller(0, 0, 2);
    Member one = members.get(0);
    Member other = members.get(1);
    Reservation first = ((Verdict.Admitted) one.limiter.admit(caller, 0)).reservation();
    assertThat(one.admit(caller, 1)).isEqualTo(1);
    await().atMost(SOON).until(() -> other.refuses(caller));

    first.settle(0);
    await().atMost(SOON).until(() -> other.admit(caller, 1) == 1);
    assertThat(other.admit(caller, 1)).isZero();

    one.close();
    await().atMost(SOON).until(() -> other.admit(caller, 1) == 1);
  }

  @Test
  void redisAway_eachGoesByItsOwnCount_andSharesAgainAfterwards() {
    Caller caller = caller(1_000_000, 0, 3);
    Member one = members.get(0);
    Member other = members.get(1);
    assertThat(one.admit(caller, 3)).isEqualTo(3);
    await().atMost(SOON).until(() -> other.refuses(caller));

    redis.close();
    await().atMost(SOON).until(() -> Boolean.FALSE.equals(other.shared.get()));
    assertThat(other.admit(caller, 4)).isEqualTo(3);

    redis.start();
    await().atMost(SOON).until(() -> Boolean.TRUE.equals(other.shared.get()));
    await().atMost(SOON).until(() -> Boolean.TRUE.equals(one.shared.get()));
    await().atMost(SOON).until(() -> members.get(2).admit(caller, 1) == 0);
  }

  @Test
  void scriptForgotten_isLoadedAgain() throws Exception {
    Caller caller = caller(1_000_000, 0, 0);
    members.forEach(member -> member.admit(caller, 1));
    assertThat(
            new ProcessBuilder("redis-cli", "-u", redis.settings().url(), "script", "flush")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor())
        .isZero();

    members.get(0).admit(caller, 300_000);

    await().atMost(SOON).until(() -> members.get(1).left(caller) < 990_000);
  }
}
