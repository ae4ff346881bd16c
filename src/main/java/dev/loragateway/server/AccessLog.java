package dev.loragateway.server;

import dev.loragateway.config.AccessLogSettings;
import dev.loragateway.proxy.ExchangeListener;
import dev.loragateway.proxy.ExchangeReport;
import java.io.IOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a line for each request, on a thread of its own: a slow disk costs lines, which are
 * counted, and no request waits for it. Nothing of prompts or answers is in a line. Thread-safe.
 */
final class AccessLog implements ExchangeListener, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(AccessLog.class);

  /** Lines that may wait to be written. */
  static final int WAITING = 8192;

  private static final long SECONDS_TO_CLOSE = 2;

  private final ArrayBlockingQueue<Entry> waiting = new ArrayBlockingQueue<>(WAITING);
  private final Opener opener;
  private final Runnable dropped;
  private final Thread thread =
      Thread.ofPlatform().daemon().name("access-log").unstarted(this::run);
  private volatile @Nullable AccessLogSettings settings;
  private volatile boolean closed;

  /** Opens the place for lines. */
  interface Opener {
    AccessLogFile open(AccessLogSettings settings) throws IOException;
  }

  private record Entry(ExchangeReport report, long unixMillis) {}

  /**
   * Writes nothing yet.
   *
   * @param dropped run for each line that is lost
   */
  AccessLog(Opener opener, Runnable dropped) {
    this.opener = opener;
    this.dropped = dropped;
  }

  /** Writes so from now on; null = no lines. */
  synchronized void use(@Nullable AccessLogSettings next) {
    settings = next;
    if (next != null && thread.getState() == Thread.State.NEW) {
      thread.start();
    }
  }

  @Override
  public void finished(ExchangeReport report) {
    AccessLogSettings now = settings;
    if (now == null
        || (now.sample() < 1 && ThreadLocalRandom.current().nextDouble() >= now.sample())) {
      return;
    }
    if (!waiting.offer(new Entry(report, System.currentTimeMillis()))) {
      dropped.run();
    }
  }

  private void run() {
    AccessLogSettings opened = null;
    AccessLogFile file = null;
    boolean works = true;
    while (!closed || !waiting.isEmpty()) {
      try {
        Entry entry = waiting.poll(200, TimeUnit.MILLISECONDS);
        AccessLogSettings now = settings;
        if (entry == null || now == null) {
          continue;
        }
        if (file == null || !now.equals(opened) || file.isMoved()) {
          close(file);
          file = opener.open(now);
          opened = now;
        }
        file.write(AccessLogLine.of(entry.report, entry.unixMillis));
        if (waiting.isEmpty()) {
          file.flush();
        }
        works = true;
      } catch (IOException e) {
        dropped.run();
        if (works) {
          log.warn("the access log cannot be written, lines are lost: {}", e.toString());
        }
        works = false;
        close(file);
        file = null;
      } catch (InterruptedException e) {
        break;
      }
    }
    close(file);
  }

  private static void close(@Nullable AccessLogFile file) {
    if (file != null) {
      try {
        file.close();
      } catch (IOException e) {
        log.debug("the access log was not closed", e);
      }
    }
  }

  /** Writes what waits, for two seconds at most. */
  @Override
  public void close() {
    closed = true;
    try {
      thread.join(TimeUnit.SECONDS.toMillis(SECONDS_TO_CLOSE));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    thread.interrupt();
  }
}
