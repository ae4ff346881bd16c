package dev.loragateway.server;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/**
 * An orderly stop at SIGTERM or SIGINT, after which the process exits with 0, from before the start
 * on: a signal that comes during the start waits for its end. Used by one thread, which closes it
 * when the start failed; the process may then exit with a code of its own.
 */
final class Shutdown implements AutoCloseable {
  /** What a signal does; cancelled when there is nothing to stop. */
  private final CompletableFuture<Runnable> stop = new CompletableFuture<>();

  private Shutdown() {}

  /** Signals are taken from now on. */
  static Shutdown install() {
    Shutdown shutdown = new Shutdown();
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().name("shutdown").unstarted(shutdown::run));
    return shutdown;
  }

  /** The start is over: the first signal, which may have come, runs {@code stop}. */
  void started(Runnable stop) {
    this.stop.complete(stop);
  }

  /** Waits for the signal, and does not return but for an interrupt. */
  void await() throws InterruptedException {
    new CountDownLatch(1).await();
  }

  @Override
  public void close() {
    stop.cancel(false);
  }

  /** Halts, since the exit code would be the signal's otherwise. */
  private void run() {
    try {
      stop.join().run();
    } catch (CancellationException e) {
      return;
    }
    Runtime.getRuntime().halt(0);
  }
}
