package dev.loragateway.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.access.Proof.Denied;
import dev.loragateway.access.Proof.Granted;
import dev.loragateway.access.Proof.Pending;
import dev.loragateway.access.Proof.Settled;
import dev.loragateway.access.Proof.Unavailable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Date;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TokensTest {
  private static final Issuer OLD = Issuer.ec("old");
  private static final Issuer NEW = Issuer.ec("new");

  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private Instant now = Instant.now();
  private final Published published = new Published();
  private final Tokens tokens = new Tokens(Issuer.settings(OLD), published, clock(), tasks::add);

  private InstantSource clock() {
    return () -> now;
  }

  /** Keys that the test publishes. */
  private static final class Published implements TokenKeys {
    private @Nullable KeySet keys = Issuer.keys(OLD);
    private boolean current = true;
    private int asked;
    private CompletableFuture<Void> refetched = CompletableFuture.completedFuture(null);

    @Override
    public @Nullable KeySet now() {
      return keys;
    }

    @Override
    public boolean current() {
      return current;
    }

    @Override
    public CompletableFuture<Void> refetch() {
      asked++;
      return refetched;
    }

    @Override
    public void close() {}
  }

  private Proof prove(String token) {
    return tokens.prove(Access.sha256(token), token);
  }

  private CompletableFuture<Settled> pending(String token) {
    assertThat(prove(token)).isInstanceOf(Pending.class);
    return ((Pending) prove(token)).result();
  }

  private void runAll() {
    while (!tasks.isEmpty()) {
      tasks.remove().run();
    }
  }

  private Settled settled(String token) {
    CompletableFuture<Settled> result = pending(token);
    runAll();
    return result.getNow(null);
  }

  @Test
  void token_isCheckedOnce_howeverManyRequestsCome() {
    String token = OLD.token("alice");

    CompletableFuture<Settled> first = pending(token);
    CompletableFuture<Settled> second = pending(token);
    assertThat(tasks).hasSize(1);
    assertThat(first).isNotDone();
    runAll();

    assertThat(first).isSameAs(second);
    assertThat(first.join()).isInstanceOf(Granted.class);
    assertThat(prove(token)).isSameAs(first.join());
    assertThat(tasks).isEmpty();
  }

  @Test
  void check_thatCannotBegin_isOverAtOnce() {
    Tokens without =
        new Tokens(
            Issuer.settings(OLD),
            published,
            clock(),
            task -> {
              throw new OutOfMemoryError("no thread");
            });
    String token = OLD.token("alice");

    for (int i = 0; i < 2; i++) {
      Proof proof = without.prove(Access.sha256(token), token);
      assertThat(((Pending) proof).result().getNow(null)).isInstanceOf(Unavailable.class);
    }
  }

  @Test
  void proof_endsWithTheToken() {
    String token =
        OLD.token("alice", c -> c.expirationTime(Date.from(now.plus(Duration.ofMinutes(1)))));
    assertThat(settled(token)).isInstanceOf(Granted.class);

    now = now.plusSeconds(89);
    assertThat(prove(token)).isInstanceOf(Granted.class);
    now = now.plusSeconds(2);

    assertThat(prove(token)).isInstanceOf(Denied.class);
  }

  @Test
  void proof_doesNotOutliveItsKeys() {
    String token = OLD.token("alice");
    assertThat(settled(token)).isInstanceOf(Granted.class);

    published.keys = Issuer.keys(NEW);

    assertThat(settled(token)).isInstanceOf(Denied.class);
    assertThat(settled(NEW.token("alice"))).isInstanceOf(Granted.class);
  }

  @Test
  void keys_thatChangeDuringACheck_decide() {
    String token = OLD.token("alice");
    CompletableFuture<Settled> result = pending(token);

    published.keys = Issuer.keys(NEW);
    runAll();

    assertThat(result.join()).isInstanceOf(Denied.class);
  }

  @Test
  void unknownKey_isLookedForOnce_andTakenWhenItIsThere() {
    published.refetched = new CompletableFuture<>();
    CompletableFuture<Settled> result = pending(NEW.token("alice"));
    runAll();
    assertThat(result).isNotDone();
    assertThat(published.asked).isEqualTo(1);

    published.keys = Issuer.keys(OLD, NEW);
    published.refetched.complete(null);
    runAll();

    assertThat(result.join()).isInstanceOf(Granted.class);
    assertThat(published.asked).isEqualTo(1);
  }

  @Test
  void unknownKey_whileTheIssuerCannotBeReached_isNotDenied() {
    published.current = false;

    assertThat(settled(NEW.token("alice"))).isInstanceOf(Unavailable.class);
    assertThat(settled(OLD.token("alice"))).isInstanceOf(Granted.class);
  }

  @Test
  void unknownKeys_leavePlacesForOthers_whileTheIssuerIsAsked() {
    published.refetched = new CompletableFuture<>();
    for (int i = 0; i < 2000; i++) {
      prove(NEW.token("mallory-" + i));
      runAll();
    }

    assertThat(settled(OLD.token("alice"))).isInstanceOf(Granted.class);
    published.refetched.complete(null);
    runAll();
    assertThat(settled(NEW.token("mallory-1"))).isInstanceOf(Denied.class);
  }

  @Test
  void tokens_beyondTheQueue_areToldToComeBack() {
    String known = OLD.token("known");
    assertThat(settled(known)).isInstanceOf(Granted.class);
    for (int i = 0; i < 1024; i++) {
      assertThat(prove("a.b." + i)).isInstanceOf(Pending.class);
    }

    assertThat(prove("a.b.c")).isInstanceOf(Unavailable.class);
    assertThat(prove("a.b.0")).isInstanceOf(Pending.class);
    assertThat(prove(known)).isInstanceOf(Granted.class);
    runAll();

    assertThat(settled("a.b.c")).isInstanceOf(Denied.class);
  }

  @Test
  void tokens_beforeTheFirstKeys_areToldToComeBack() {
    published.keys = null;

    assertThat(prove(OLD.token("alice"))).isInstanceOf(Unavailable.class);
    assertThat(tokens.ready()).isFalse();
    assertThat(tasks).isEmpty();
  }
}
