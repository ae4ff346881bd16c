package dev.loragateway.kubernetes;

import dev.loragateway.access.KeysSecret;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Remembers what a Secret was told to hold; refuses what contains {@code wrong}. Thread-safe. */
final class SecretReports implements SecretSink {
  final List<String> contents = new CopyOnWriteArrayList<>();
  volatile @Nullable Boolean newest;

  @Override
  public @Nullable String changed(KeysSecret secret, String content) {
    contents.add(content);
    return content.contains("wrong") ? "is wrong" : null;
  }

  @Override
  public void dropped(KeysSecret secret) {
    newest = false;
  }

  @Override
  public void newest(KeysSecret secret, boolean now) {
    newest = now;
  }

  /** Whether the last thing told is in use. */
  boolean isNewest() {
    return Boolean.TRUE.equals(newest);
  }
}
