package dev.loragateway.config;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits until something in a directory may have changed: on the operating system's events, and
 * after a bounded time without any, for file systems and links that raise none. Thread-safe.
 */
final class DirectoryWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DirectoryWatch.class);

  /** One change often comes as several events: they are over when none came for this long. */
  private static final long QUIET_MILLIS = 50;

  /** Ends the wait for quiet where there is none. */
  private static final int MAX_BATCHES = 20;

  private final @Nullable WatchService events;

  private DirectoryWatch(@Nullable WatchService events) {
    this.events = events;
  }

  /** Watches a directory; where events are not to be had, time alone ends each wait. */
  static DirectoryWatch of(Path directory) {
    try {
      WatchService events = directory.getFileSystem().newWatchService();
      directory.register(
          events,
          StandardWatchEventKinds.ENTRY_CREATE,
          StandardWatchEventKinds.ENTRY_MODIFY,
          StandardWatchEventKinds.ENTRY_DELETE);
      return new DirectoryWatch(events);
    } catch (IOException | UnsupportedOperationException e) {
      log.warn("No events for {}, changes are noticed later: {}", directory, e.toString());
      return new DirectoryWatch(null);
    }
  }

  /**
   * Waits for the end of a change, at most {@code longest} for its beginning.
   *
   * @throws InterruptedException if the thread is interrupted
   * @throws ClosedWatchServiceException if this is closed
   */
  void await(Duration longest) throws InterruptedException {
    if (events == null) {
      Thread.sleep(longest);
      return;
    }
    WatchKey key = events.poll(longest.toMillis(), TimeUnit.MILLISECONDS);
    for (int batch = 0; key != null && batch < MAX_BATCHES; batch++) {
      key.pollEvents();
      key.reset();
      key = events.poll(QUIET_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public void close() {
    if (events == null) {
      return;
    }
    try {
      events.close();
    } catch (IOException e) {
      log.warn("The watch of a directory could not be closed", e);
    }
  }
}
