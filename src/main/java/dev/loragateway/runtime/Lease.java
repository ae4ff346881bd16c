package dev.loragateway.runtime;

import java.util.concurrent.atomic.AtomicBoolean;

/** Keeps an artifact from being deleted until it is closed. Thread-safe. */
final class Lease implements AutoCloseable {
  private final Artifact artifact;
  private final Runnable release;
  private final AtomicBoolean closed = new AtomicBoolean();

  Lease(Artifact artifact, Runnable release) {
    this.artifact = artifact;
    this.release = release;
  }

  Artifact artifact() {
    return artifact;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      release.run();
    }
  }
}
