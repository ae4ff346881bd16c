package dev.loragateway.runtime;

import org.jspecify.annotations.Nullable;

/**
 * An artifact that somebody wants. Immutable.
 *
 * @param sha256 what it has to be, in hex; null = whatever is there. Of an archive it is the hash
 *     of its bytes; of a directory that of its weights, or the content hash that we give
 */
record Order(Source source, @Nullable String sha256, Credentials credentials, FetchLimits limits) {
  /** What the index calls it: what is known by its hash is the same wherever it comes from. */
  String key() {
    return ContentHash.of(sha256 == null ? source.identity() : "sha256:" + sha256);
  }

  /** Whether it can never have another content. */
  boolean fixed() {
    return sha256 != null || source.pinned();
  }
}
