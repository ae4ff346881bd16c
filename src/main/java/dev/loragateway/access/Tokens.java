package dev.loragateway.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.loragateway.access.JwtSettings.KeySource;
import dev.loragateway.access.Proof.Denied;
import dev.loragateway.access.Proof.Granted;
import dev.loragateway.access.Proof.Settled;
import dev.loragateway.access.Proof.Unavailable;
import dev.loragateway.access.TokenCheck.Result;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Proves callers by their tokens. A signature takes too long for an event loop, so it is checked
 * elsewhere, once for each token: what was proved is remembered, as long as the keys that proved it
 * are those in use and the token lasts. Thread-safe.
 */
final class Tokens implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Tokens.class);
  private static final long MAX_REMEMBERED = 10_000;

  /** Tokens whose proofs are under way at once. */
  private static final int MAX_PENDING = 1024;

  /** Those of them that wait for their issuer, so that unknown keys cannot use all places up. */
  private static final int MAX_WAITING = 128;

  private static final Unavailable NO_KEYS =
      new Unavailable("the keys of the tokens' issuer are not known yet, try again");
  private static final Unavailable NO_NEW_KEYS =
      new Unavailable("the newest keys of the tokens' issuer cannot be read, try again");
  private static final Unavailable BUSY =
      new Unavailable("too many tokens are being checked, try again");
  private static final Unavailable FAILED = new Unavailable("the token could not be checked");
  private static final Denied UNKNOWN_KEY =
      new Denied("the token is signed with a key that its issuer does not publish");
  private static final Denied EXPIRED = new Denied(TokenCheck.EXPIRED.message());

  /** Holds for the keys only with which it was proved. */
  private record Proved(KeySet by, Granted proof, Instant expires) {}

  private final JwtSettings settings;
  private final TokenKeys keys;
  private final InstantSource clock;
  private final Executor threads;
  private final Cache<String, Proved> proved =
      Caffeine.newBuilder().maximumSize(MAX_REMEMBERED).build();
  private final ConcurrentHashMap<String, CompletableFuture<Settled>> pending =
      new ConcurrentHashMap<>();
  private final Semaphore waiting = new Semaphore(MAX_WAITING);

  /**
   * Knows no token yet.
   *
   * @param threads where signatures are checked
   */
  Tokens(JwtSettings settings, TokenKeys keys, InstantSource clock, Executor threads) {
    this.settings = settings;
    this.keys = keys;
    this.clock = clock;
    this.threads = threads;
  }

  /** Begins to fetch the keys, if they are to be fetched. */
  static Tokens of(JwtSettings settings, InstantSource clock, Executor threads) {
    return of(settings, null, clock, threads);
  }

  /** {@code known}: keys that the same issuer had before. */
  private static Tokens of(
      JwtSettings settings, @Nullable KeySet known, InstantSource clock, Executor threads) {
    TokenKeys keys =
        switch (settings.keys()) {
          case KeySource.Fixed(KeySet fixed) -> new TokenKeys.Fixed(fixed);
          case KeySource.Url url -> new FetchedKeys(new KeySetFetch(url), url.interval(), known);
        };
    return new Tokens(settings, keys, clock, threads);
  }

  /** The same by other settings; keys of the same source need not be fetched again. */
  Tokens with(JwtSettings next) {
    if (next.equals(settings)) {
      return this;
    }
    if (next.keys().equals(settings.keys())) {
      return new Tokens(next, keys, clock, threads);
    }
    close();
    boolean sameIssuer =
        settings.keys() instanceof KeySource.Url before
            && next.keys() instanceof KeySource.Url now
            && now.url().equals(before.url());
    return of(next, sameIssuer ? keys.now() : null, clock, threads);
  }

  /** Whether keys were read, so that a token can be proved. */
  boolean ready() {
    return keys.now() != null;
  }

  /** Whether the keys are fetched; if so, {@link #current} may change. */
  boolean fetches() {
    return settings.keys() instanceof KeySource.Url;
  }

  boolean current() {
    return keys.current();
  }

  /**
   * Proves who sent a token.
   *
   * @param hash of the token
   */
  Proof prove(String hash, String token) {
    KeySet now = keys.now();
    if (now == null) {
      return NO_KEYS;
    }
    Proved known = proved.getIfPresent(hash);
    if (known != null && same(known.by(), now)) {
      return clock.instant().isBefore(known.expires()) ? known.proof() : EXPIRED;
    }
    return begin(hash, token);
  }

  @SuppressWarnings("ReferenceEquality") // that says enough, and equality would cost more
  private static boolean same(KeySet one, @Nullable KeySet other) {
    return one == other;
  }

  private Proof begin(String hash, String token) {
    CompletableFuture<Settled> result = new CompletableFuture<>();
    CompletableFuture<Settled> before = pending.putIfAbsent(hash, result);
    if (before != null) {
      return new Proof.Pending(before);
    }
    if (pending.mappingCount() > MAX_PENDING) {
      end(hash, result, BUSY);
      return BUSY;
    }
    try {
      threads.execute(() -> check(hash, token, result, true));
    } catch (RuntimeException | Error e) {
      failed(hash, result, e);
    }
    return new Proof.Pending(result);
  }

  /** Whatever happens, nobody waits for a proof that does not come. */
  private void failed(String hash, CompletableFuture<Settled> result, Throwable e) {
    log.warn("a token could not be checked: {}", e.getClass().getName());
    end(hash, result, FAILED);
  }

  private void end(String hash, CompletableFuture<Settled> result, Settled proof) {
    pending.remove(hash, result);
    result.complete(proof);
  }

  /** {@code asking}: whether a key that is not there is looked for. */
  private void check(String hash, String token, CompletableFuture<Settled> result, boolean asking) {
    try {
      KeySet by = Objects.requireNonNull(keys.now());
      switch (TokenCheck.check(token, settings, by, clock.instant())) {
        case Result.Good _ when !same(by, keys.now()) -> check(hash, token, result, asking);
        case Result.Good(Caller caller, Instant expires) -> {
          Granted proof = new Granted(caller);
          proved.put(hash, new Proved(by, proof, expires));
          end(hash, result, proof);
        }
        case Result.Bad(String message) -> end(hash, result, new Denied(message));
        case Result.UnknownKey _ when asking -> lookForKey(hash, token, result);
        case Result.UnknownKey _ -> end(hash, result, keys.current() ? UNKNOWN_KEY : NO_NEW_KEYS);
      }
    } catch (RuntimeException | Error e) {
      failed(hash, result, e);
    }
  }

  private void lookForKey(String hash, String token, CompletableFuture<Settled> result) {
    if (!waiting.tryAcquire()) {
      end(hash, result, BUSY);
      return;
    }
    keys.refetch()
        .whenComplete((done, failure) -> waiting.release())
        .thenRunAsync(() -> check(hash, token, result, false), threads)
        .whenComplete(
            (done, failure) -> {
              if (failure != null) {
                failed(hash, result, failure);
              }
            });
  }

  @Override
  public void close() {
    keys.close();
  }
}
