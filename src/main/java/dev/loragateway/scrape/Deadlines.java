package dev.loragateway.scrape;

import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Closes sockets whose exchange is not over in time, looking every 50 ms. Timed reads would wake
 * the scheduler of virtual threads twice for each read, which costs as much as the reading.
 * Thread-safe.
 */
final class Deadlines implements AutoCloseable {
  private static final Duration PERIOD = Duration.ofMillis(50);

  private final Map<Socket, Long> underWay = new ConcurrentHashMap<>();
  private volatile boolean resting;
  private final Thread watch =
      Thread.ofVirtual().name("scrape-deadlines").start(this::watchUntilClosed);

  /** What is done with a socket, on the calling thread. */
  interface Exchange<T> {
    T run() throws IOException;
  }

  /**
   * Runs an exchange, which fails when its socket is closed at the deadline.
   *
   * @param deadline as {@link System#nanoTime}
   */
  <T> T within(long deadline, Socket socket, Exchange<T> exchange) throws IOException {
    underWay.put(socket, deadline);
    if (resting) {
      LockSupport.unpark(watch);
    }
    try {
      return exchange.run();
    } finally {
      underWay.remove(socket);
    }
  }

  private void watchUntilClosed() {
    try {
      while (true) {
        rest();
        Thread.sleep(PERIOD);
        long now = System.nanoTime();
        underWay.forEach((socket, deadline) -> closeIfLate(socket, now - deadline));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Until there is an exchange; whoever begins one after the last look sees that this rests. */
  private void rest() {
    resting = true;
    while (underWay.isEmpty() && !Thread.currentThread().isInterrupted()) {
      LockSupport.park(this);
    }
    resting = false;
  }

  private static void closeIfLate(Socket socket, long late) {
    if (late >= 0) {
      try {
        socket.close();
      } catch (IOException e) {
        // whoever uses it notices
      }
    }
  }

  /** Watches no more. */
  @Override
  public void close() {
    watch.interrupt();
  }
}
