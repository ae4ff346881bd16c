package dev.loragateway.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.access.RateLimiter.Reservation;
import dev.loragateway.access.RateLimiter.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class RateLimiterTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private final AtomicLong clock = new AtomicLong(-5);
  private final RateLimiter limiter = new RateLimiter(clock::get);

  private static Caller caller(int requests, long tokens, int parallel) {
    return new Caller(
        "k", "t", ModelPatterns.ALL, new RateLimits(requests, tokens, parallel), null, true);
  }

  private Verdict admit(Caller caller, long tokens) {
    return limiter.admit(caller, tokens);
  }

  private Reservation admitted(Caller caller, long tokens) {
    assertThat(admit(caller, tokens)).isInstanceOf(Verdict.Admitted.class);
    return ((Verdict.Admitted) admit(caller(0, 0, 0), 0)).reservation();
  }

  private void pass(Duration time) {
    clock.addAndGet(time.toNanos());
  }

  @Test
  void requests_aMinutesAtOnce_thenEvenly() {
    Caller caller = caller(60, 0, 0);
    for (int i = 0; i < 60; i++) {
      admitted(caller, 1);
    }

    assertThat(admit(caller, 1)).isEqualTo(new Verdict.Refused("requestsPerMinute", SECOND));

    pass(SECOND);
    admitted(caller, 1);
    assertThat(admit(caller, 1)).isInstanceOf(Verdict.Refused.class);
  }

  @Test
  void tokens_areReserved_andSettledByWhatWasUsed() {
    Caller caller = caller(0, 600, 0);
    Reservation reservation = ((Verdict.Admitted) admit(caller, 600)).reservation();
    assertThat(admit(caller, 10)).isEqualTo(new Verdict.Refused("tokensPerMinute", SECOND));

    reservation.settle(100);
    reservation.settle(0);

    assertThat(limiter.tokens(caller).remaining()).isEqualTo(500);
    assertThat(admit(caller, 500)).isInstanceOf(Verdict.Admitted.class);
    assertThat(admit(caller, 1)).isInstanceOf(Verdict.Refused.class);
  }

  @Test
  void tokens_usedBeyondTheLimit_arePaidForByTheNext() {
    Caller caller = caller(0, 600, 0);

    ((Verdict.Admitted) admit(caller, 1)).reservation().settle(1200);

    assertThat(limiter.tokens(caller).remaining()).isZero();
    assertThat(admit(caller, 10))
        .isEqualTo(new Verdict.Refused("tokensPerMinute", Duration.ofSeconds(61)));
  }

  @Test
  void tokens_moreThanTheLimitAtOnce_areAdmittedWhenAllIsLeft() {
    Caller caller = caller(0, 600, 0);

    assertThat(admit(caller, 1_000_000)).isInstanceOf(Verdict.Admitted.class);

    assertThat(admit(caller, 1_000_000))
        .isEqualTo(new Verdict.Refused("tokensPerMinute", Duration.ofMinutes(1)));
  }

  @Test
  void refusalForTokens_takesNoRequestAndNoPlace() {
    Caller caller = caller(2, 10, 1);
    ((Verdict.Admitted) admit(caller, 10)).reservation().settle(10);

    assertThat(admit(caller, 10)).isInstanceOf(Verdict.Refused.class);

    assertThat(limiter.requests(caller).remaining()).isEqualTo(1);
    pass(Duration.ofMinutes(1));
    assertThat(admit(caller, 10)).isInstanceOf(Verdict.Admitted.class);
  }

  @Test
  void parallel_isGivenBackBySettling() {
    Caller caller = caller(0, 0, 1);
    Reservation first = ((Verdict.Admitted) admit(caller, 0)).reservation();
    assertThat(admit(caller, 0)).isEqualTo(new Verdict.Refused("parallel", Duration.ZERO));

    first.settle(0);

    assertThat(admit(caller, 0)).isInstanceOf(Verdict.Admitted.class);
  }

  @Test
  void manyThreads_neverGetMoreThanTheLimit() {
    Caller caller = caller(1000, 0, 0);
    AtomicInteger admitted = new AtomicInteger();
    List<CompletableFuture<Void>> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      threads.add(
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; i < 500; i++) {
                  if (admit(caller, 1) instanceof Verdict.Admitted) {
                    admitted.incrementAndGet();
                  }
                }
              }));
    }

    threads.forEach(CompletableFuture::join);

    assertThat(admitted).hasValue(1000);
  }

  @Property
  void overAnyTime_noMoreThanAMinutesAllotmentAboveTheRate(
      @ForAll @IntRange(min = 1, max = 1000) int limit,
      @ForAll @Size(max = 50) List<@IntRange(min = 0, max = 20_000) Integer> pauses) {
    Caller caller = caller(limit, 0, 0);
    long began = clock.get();
    int admitted = 0;
    for (int pause : pauses) {
      pass(Duration.ofMillis(pause));
      for (int i = 0; i < 2 * limit; i++) {
        admitted += admit(caller, 1) instanceof Verdict.Admitted ? 1 : 0;
      }
    }

    double minutes = (clock.get() - began) / 60e9;
    assertThat((double) admitted).isLessThanOrEqualTo(limit * (1 + minutes) + 1e-3);
  }
}
