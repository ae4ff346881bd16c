package dev.loragateway.kubernetes;

import dev.loragateway.access.KeysSecret;
import org.jspecify.annotations.Nullable;

/** Takes in what a Secret holds. Called by one thread at a time. */
public interface SecretSink {
  /**
   * The entry has another content.
   *
   * @return null, or what is wrong with it, so that it is not in use
   */
  @Nullable String changed(KeysSecret secret, String content);

  /** It is followed no more, so that what it held may be over at any time. */
  void dropped(KeysSecret secret);

  /** Whether what was told last and taken is what the Secret holds, as far as can be told. */
  void newest(KeysSecret secret, boolean newest);
}
