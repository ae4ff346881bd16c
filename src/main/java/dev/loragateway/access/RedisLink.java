package dev.loragateway.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A connection to one Redis, made anew when it breaks, and what is asked there. {@link #connect} is
 * called by one thread at a time, the rest by any.
 */
final class RedisLink implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofMillis(500);
  private static final long RECONNECT_NANOS = Duration.ofSeconds(1).toNanos();

  /** How long requests under way count at the others without news, in microseconds. */
  private static final String HELD_MICROS = "5000000";

  private static final String SCRIPT = script();

  /**
   * What all gateways together used.
   *
   * @param requestsAhead nanoseconds until all requests may be made again
   * @param tokensAhead the same of tokens
   * @param elsewhere requests under way at the other gateways
   */
  record Heard(long requestsAhead, long tokensAhead, int elsewhere) {}

  private final RedisSettings settings;
  private final RedisURI uri;
  private final RedisClient client;
  private final String gateway = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
  private @Nullable CompletableFuture<Session> session;
  private long attemptedAt;

  /** A connection that knows the script. Thread-safe. */
  final class Session {
    private final StatefulRedisConnection<String, String> connection;
    private final String digest;

    private Session(StatefulRedisConnection<String, String> connection, String digest) {
      this.connection = connection;
      this.digest = digest;
    }

    /** Tells of a caller, and hears. */
    CompletableFuture<Heard> tell(String caller, Use.News news) {
      return connection
          .async()
          .<List<Long>>evalsha(
              digest,
              ScriptOutputType.MULTI,
              new String[] {settings.prefix() + caller},
              Long.toString(news.requests() / 1000),
              Long.toString(news.tokens() / 1000),
              gateway,
              Integer.toString(news.parallel()),
              HELD_MICROS)
          .toCompletableFuture()
          .thenApply(all -> new Heard(all.get(0) * 1000, all.get(1) * 1000, all.get(2).intValue()));
    }
  }

  RedisLink(RedisSettings settings) {
    this.settings = settings;
    uri = RedisURI.create(settings.url());
    uri.setTimeout(TIMEOUT);
    client = RedisClient.create(uri);
    client.setOptions(
        ClientOptions.builder()
            .disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS)
            .timeoutOptions(TimeoutOptions.enabled(TIMEOUT))
            .build());
  }

  private static String script() {
    try (InputStream in = RedisLink.class.getResourceAsStream("shared-limits.lua")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The session in use; begins one when there is none, at most one a second. Completes
   * exceptionally when Redis cannot be reached.
   */
  CompletableFuture<Session> connect() {
    long now = System.nanoTime();
    if (session == null
        || (session.isCompletedExceptionally() && now - attemptedAt >= RECONNECT_NANOS)) {
      attemptedAt = now;
      session =
          client
              .connectAsync(StringCodec.UTF8, uri)
              .toCompletableFuture()
              .thenCompose(this::prepared);
    }
    return session;
  }

  private CompletableFuture<Session> prepared(StatefulRedisConnection<String, String> connection) {
    return connection
        .async()
        .scriptLoad(SCRIPT)
        .toCompletableFuture()
        .handle(
            (digest, failure) -> {
              if (failure == null) {
                return new Session(connection, digest);
              }
              connection.closeAsync();
              throw new CompletionException(failure);
            });
  }

  /** The session failed, or forgot the script: the next one is another. */
  void discard(Session failed) {
    failed.connection.closeAsync();
    session = null;
  }

  @Override
  public void close() {
    client.shutdown(Duration.ZERO, TIMEOUT);
  }
}
