package dev.loragateway.access;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The issuer's keys as they are known at the moment. Thread-safe. */
interface TokenKeys extends AutoCloseable {
  /** Null until they were read once; another object when they have changed. */
  @Nullable KeySet now();

  /** Whether they are the issuer's newest, as far as can be told. */
  boolean current();

  /** A token names another key: completes when it was looked for, if it is. */
  CompletableFuture<Void> refetch();

  @Override
  void close();

  /** Those that do not change. Immutable. */
  record Fixed(KeySet now) implements TokenKeys {
    @Override
    public boolean current() {
      return true;
    }

    @Override
    public CompletableFuture<Void> refetch() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {}
  }
}
