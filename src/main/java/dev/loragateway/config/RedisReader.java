package dev.loragateway.config;

import dev.loragateway.access.RedisSettings;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads through which Redis gateways share limits. Stateless. */
final class RedisReader {
  private static final Duration DEFAULT_INTERVAL = Duration.ofMillis(20);
  private static final String DEFAULT_PREFIX = "lora-gateway:";
  private static final Pattern PREFIX = Pattern.compile("[\\w:.{}/-]{1,64}");

  /** The message does not repeat what may hold a password. */
  private static final Format<String> URL =
      new Format<>(
          "redis://HOST:PORT, rediss:// with TLS, or redis-sentinel://, as"
              + " redis://:${PASSWORD}@redis:6379/0",
          text ->
              RedisSettings.isUrl(text)
                  ? new Parsed.Value<>(text)
                  : new Parsed.Wrong<>("is no URL of a Redis"));

  private static final Format<String> KEY_PREFIX =
      new Format<>(
          "1 to 64 letters, digits or any of _:.{}/-",
          text ->
              PREFIX.matcher(text).matches()
                  ? new Parsed.Value<>(text)
                  : Parsed.wrong(text, "is no prefix of keys"));

  private RedisReader() {}

  static @Nullable RedisSettings read(Section redis) {
    if (!redis.present()) {
      return null;
    }
    Located<String> url = redis.require("url", URL);
    return new RedisSettings(
        url == null ? "" : url.value(),
        redis.value(
            "syncInterval",
            Quantities.duration(Duration.ofMillis(1), Duration.ofSeconds(10)),
            DEFAULT_INTERVAL),
        redis.value("prefix", KEY_PREFIX, DEFAULT_PREFIX));
  }
}
