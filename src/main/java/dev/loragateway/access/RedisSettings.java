package dev.loragateway.access;

import io.lettuce.core.RedisURI;
import java.time.Duration;

/**
 * The Redis through which gateways share what callers used. Immutable.
 *
 * @param url {@code redis[s]://[[user]:password@]host[:port][/database]}, or {@code
 *     redis-sentinel://}; may hold a password
 * @param syncInterval between two exchanges of news, above 0
 * @param prefix of the keys; gateways with the same one share
 */
public record RedisSettings(String url, Duration syncInterval, String prefix) {
  /** Returns whether the text has the form of {@code url}. */
  public static boolean isUrl(String text) {
    try {
      RedisURI.create(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Without the password. */
  @Override
  public String toString() {
    return url.replaceFirst("//[^/]*@", "//");
  }
}
