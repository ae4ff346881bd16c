package dev.loragateway.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FetchedKeysTest {
  private static final Duration NEVER = Duration.ofHours(1);
  private static final KeySet ONE = Issuer.keys(Issuer.ec("one"));
  private static final KeySet OTHER = Issuer.keys(Issuer.ec("other"));

  /** A fetch that fails. */
  private static final Object FAILS = new Object();

  /** What the issuer answers; a fetch waits for its answer. */
  private final BlockingQueue<Object> answers = new LinkedBlockingQueue<>();

  private final AtomicInteger asked = new AtomicInteger();
  private FetchedKeys keys;

  @AfterEach
  void stop() {
    keys.close();
  }

  private void start(Duration interval) {
    keys =
        new FetchedKeys(
            () -> {
              asked.incrementAndGet();
              if (answers.take() instanceof KeySet found) {
                return found;
              }
              throw new IOException("no answer");
            },
            interval,
            null);
  }

  private void started() {
    answers.add(ONE);
    start(NEVER);
    await().until(() -> keys.now() != null);
  }

  @Test
  void keys_areThereAfterTheFirstFetch() {
    start(NEVER);
    assertThat(keys.now()).isNull();
    assertThat(keys.current()).isFalse();

    answers.add(ONE);

    await().untilAsserted(() -> assertThat(keys.now()).isSameAs(ONE));
    assertThat(keys.current()).isTrue();
  }

  @Test
  void fetch_thatFails_isTriedAgain() {
    answers.add(FAILS);
    answers.add(ONE);
    start(NEVER);

    await().untilAsserted(() -> assertThat(keys.now()).isSameAs(ONE));
  }

  @Test
  void fetch_thatFailsLater_keepsWhatIsKnown() {
    answers.add(ONE);
    start(Duration.ofMillis(20));
    await().until(() -> keys.current());

    answers.add(FAILS);

    await().until(() -> !keys.current());
    assertThat(keys.now()).isSameAs(ONE);
    answers.add(OTHER);
    await().untilAsserted(() -> assertThat(keys.now()).isSameAs(OTHER));
    assertThat(keys.current()).isTrue();
  }

  @Test
  void keys_thatAreTheSame_stayTheSameObject() {
    KeySet same = KeySet.parse(new com.nimbusds.jose.jwk.JWKSet(Issuer.ec("x").key()).toString());
    answers.add(same);
    start(Duration.ofMillis(20));
    await().until(() -> keys.current());
    Issuer issuer = Issuer.ec("y");
    answers.add(Issuer.keys(issuer));
    await().untilAsserted(() -> assertThat(keys.now()).isNotSameAs(same));
    KeySet before = keys.now();

    answers.add(Issuer.keys(issuer));
    answers.add(FAILS);

    await().until(() -> !keys.current());
    assertThat(keys.now()).isSameAs(before);
  }

  @Test
  void refetch_byMany_isOneFetch() {
    started();

    CompletableFuture<Void> first = keys.refetch();
    CompletableFuture<Void> second = keys.refetch();
    await().until(() -> asked.get() == 2);
    CompletableFuture<Void> third = keys.refetch();
    assertThat(first).isNotDone().isSameAs(second).isSameAs(third);
    answers.add(OTHER);

    first.join();
    assertThat(keys.now()).isSameAs(OTHER);
    assertThat(asked).hasValue(2);
  }

  @Test
  void refetch_soonAfterAnother_asksNobody() {
    started();
    CompletableFuture<Void> first = keys.refetch();
    answers.add(OTHER);
    first.join();

    assertThat(keys.refetch()).isDone();
    assertThat(keys.refetch()).isDone();

    assertThat(asked).hasValue(2);
  }

  @Test
  void refetch_thatFails_ends() {
    started();
    CompletableFuture<Void> asking = keys.refetch();

    answers.add(FAILS);

    asking.join();
    assertThat(keys.current()).isFalse();
    assertThat(keys.now()).isSameAs(ONE);
  }

  @Test
  void close_letsGoWhoWaits() {
    started();
    CompletableFuture<Void> asking = keys.refetch();
    await().until(() -> asked.get() == 2);

    keys.close();

    asking.join();
    assertThat(keys.refetch()).isDone();
    assertThat(asked).hasValue(2);
  }
}
