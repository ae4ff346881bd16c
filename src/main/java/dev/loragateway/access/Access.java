package dev.loragateway.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.loragateway.access.Proof.Denied;
import dev.loragateway.access.Proof.Granted;
import dev.loragateway.access.Proof.Unavailable;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Tells who sent a request, by its key or its token. Thread-safe. */
public final class Access implements AutoCloseable {
  private static final Proof ANYBODY = new Granted(null);
  private static final Proof NO_KEY =
      new Denied("no API key was sent (expected: `Authorization: Bearer KEY` or `x-api-key: KEY`)");
  private static final Proof WRONG_KEY = new Denied("the API key is not valid");
  private static final Proof NO_KEYS_YET =
      new Unavailable("the API keys are not known yet, try again");

  private static final String BEARER = "Bearer ";

  /** Longer keys and tokens are wrong ones, unseen. */
  private static final int MAX_LENGTH = 8 << 10;

  private static final int MAX_THREADS = 4;

  /** What a Secret held last. */
  private record OfSecret(KeysSecret secret, List<ApiKey> keys, boolean newest) {}

  /**
   * What is known by one configuration.
   *
   * @param keys by their hashes
   * @param awaited whether more keys are to come, which may be the one that was sent
   */
  private record Ring(
      AccessSettings settings,
      @Nullable OfSecret secret,
      Map<String, ApiKey> keys,
      boolean awaited,
      @Nullable Tokens tokens) {
    static Ring of(AccessSettings settings, @Nullable OfSecret secret, @Nullable Tokens tokens) {
      Map<String, ApiKey> keys = new HashMap<>();
      settings.keys().forEach(key -> keys.put(key.sha256(), key));
      boolean awaited = settings.secret() != null;
      if (secret != null && secret.secret().equals(settings.secret())) {
        secret.keys().forEach(key -> keys.put(key.sha256(), key));
        awaited = false;
      }
      return new Ring(settings, secret, keys, awaited, tokens);
    }
  }

  private final Supplier<AccessSettings> settings;
  private final InstantSource clock;
  private final ThreadPoolExecutor threads = threads();
  private volatile @Nullable OfSecret ofSecret;
  private volatile boolean ready;
  private volatile Ring ring = Ring.of(AccessSettings.OPEN, null, null);

  /** Reads the present settings for each request. */
  public Access(Supplier<AccessSettings> settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
  }

  /** They end when there is nothing to check for a while. */
  private static ThreadPoolExecutor threads() {
    int count = Math.clamp(Runtime.getRuntime().availableProcessors() / 2, 1, MAX_THREADS);
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            count,
            count,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("tokens-", 0).factory());
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }

  /**
   * Looks at the credentials of a request.
   *
   * @param authorization the header of this name, or null
   * @param apiKey the header {@code x-api-key}, Anthropic's, or null
   */
  public Proof prove(@Nullable String authorization, @Nullable String apiKey) {
    Ring known = ring();
    if (!known.settings().required()) {
      return ANYBODY;
    }
    String sent = bearer(authorization);
    if (sent == null) {
      sent = apiKey;
    }
    if (sent == null || sent.isEmpty()) {
      return NO_KEY;
    }
    return sent.length() > MAX_LENGTH ? WRONG_KEY : prove(sent, known);
  }

  /** A key may look like a token, too. */
  private Proof prove(String sent, Ring known) {
    String hash = sha256(sent);
    ApiKey key = known.keys().get(hash);
    if (key != null) {
      boolean expired = key.expires() != null && !clock.instant().isBefore(key.expires());
      return expired ? WRONG_KEY : new Granted(key.caller());
    }
    if (known.tokens() != null && isToken(sent)) {
      return known.tokens().prove(hash, sent);
    }
    return known.awaited() ? NO_KEYS_YET : WRONG_KEY;
  }

  /** Two dots part the three parts of a signed JWT. */
  private static boolean isToken(String sent) {
    int first = sent.indexOf('.');
    int second = first < 0 ? -1 : sent.indexOf('.', first + 1);
    return second >= 0 && sent.indexOf('.', second + 1) < 0;
  }

  /** Takes the present settings in at once, not with the next request. */
  public void refresh() {
    ring();
  }

  /** A Secret holds these keys now. */
  public synchronized void keys(KeysSecret secret, List<ApiKey> keys) {
    ofSecret = new OfSecret(secret, List.copyOf(keys), true);
    refresh();
  }

  /** The Secret is followed no more: its keys may have been revoked when it is named again. */
  public synchronized void dropped(KeysSecret secret) {
    OfSecret known = ofSecret;
    if (known != null && known.secret().equals(secret)) {
      ofSecret = null;
    }
  }

  /** Whether what was told last of a Secret is what it holds. */
  public synchronized void newest(KeysSecret secret, boolean newest) {
    OfSecret known = ofSecret;
    if (known != null && known.secret().equals(secret) && known.newest() != newest) {
      ofSecret = new OfSecret(secret, known.keys(), newest);
    }
  }

  /**
   * Whether every source of keys was read once. It stays so: a source that a reload names and that
   * cannot be read must not take away those that are served.
   */
  public boolean ready() {
    if (!ready) {
      Ring known = ring();
      ready = !known.awaited() && (known.tokens() == null || known.tokens().ready());
    }
    return ready;
  }

  /**
   * Whether the newest content of each source that is read apart from the configuration is in use;
   * by the name of its key in the configuration.
   */
  public Map<String, Boolean> sources() {
    Ring known = ring();
    Map<String, Boolean> sources = new LinkedHashMap<>();
    if (known.settings().secret() != null) {
      OfSecret secret = known.secret();
      sources.put("keysSecret", !known.awaited() && secret != null && secret.newest());
    }
    if (known.tokens() != null && known.tokens().fetches()) {
      sources.put("jwksUrl", known.tokens().current());
    }
    return sources;
  }

  private Ring ring() {
    Ring known = ring;
    return isPresent(known, settings.get()) ? known : renewed();
  }

  @SuppressWarnings("ReferenceEquality") // taken in anew when they are other objects
  private boolean isPresent(Ring known, AccessSettings now) {
    return known.settings() == now && known.secret() == ofSecret;
  }

  private synchronized Ring renewed() {
    AccessSettings now = settings.get();
    if (!isPresent(ring, now)) {
      ring = Ring.of(now, ofSecret, tokens(now.jwt(), ring.tokens()));
    }
    return ring;
  }

  private @Nullable Tokens tokens(@Nullable JwtSettings jwt, @Nullable Tokens before) {
    if (jwt != null) {
      return before == null ? Tokens.of(jwt, clock, threads) : before.with(jwt);
    }
    if (before != null) {
      before.close();
    }
    return null;
  }

  private static @Nullable String bearer(@Nullable String authorization) {
    return authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())
        ? authorization.substring(BEARER.length()).trim()
        : null;
  }

  /**
   * The hash is what is compared, by a table: how long that takes depends on the hash of what was
   * sent, from which nothing follows about a key.
   */
  static String sha256(String key) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Fetches nothing any more; what is being proved comes to its end. */
  @Override
  public synchronized void close() {
    if (ring.tokens() != null) {
      ring.tokens().close();
    }
    threads.shutdown();
  }
}
