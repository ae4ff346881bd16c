package dev.loragateway.access;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What came of a look at a request's credentials. */
public sealed interface Proof {
  /** What a look comes to. */
  sealed interface Settled extends Proof {}

  /** {@code caller} is null where nobody needs to prove anything. */
  record Granted(@Nullable Caller caller) implements Settled {}

  /** {@code message} is for the client, and does not tell one wrong key from another. */
  record Denied(String message) implements Settled {}

  /** It cannot be told at the moment; {@code message} is for the client. */
  record Unavailable(String message) implements Settled {}

  /** It is being found out; {@code result} always comes, on a thread of its own. */
  record Pending(CompletableFuture<Settled> result) implements Proof {}
}
