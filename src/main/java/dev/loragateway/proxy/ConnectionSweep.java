package dev.loragateway.proxy;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at every connection of an event loop ten times a second for a deadline that has passed: far
 * cheaper than timers that are set and cancelled for each request. Confined to its event loop.
 */
final class ConnectionSweep {
  /** How late a deadline may be noticed, in milliseconds. */
  private static final int INTERVAL = 100;

  private static final Logger log = LoggerFactory.getLogger(ConnectionSweep.class);

  private final EventLoop loop;
  private final List<DownstreamHandler> connections = new ArrayList<>();
  private boolean scheduled;

  ConnectionSweep(EventLoop loop) {
    this.loop = loop;
  }

  void add(DownstreamHandler connection) {
    connection.sweepIndex = connections.size();
    connections.add(connection);
    if (!scheduled) {
      scheduled = true;
      later();
    }
  }

  /** Fills the gap with the last one. */
  void remove(DownstreamHandler connection) {
    DownstreamHandler last = connections.removeLast();
    if (last != connection) {
      connections.set(connection.sweepIndex, last);
      last.sweepIndex = connection.sweepIndex;
    }
  }

  /** A fault in one connection must not end the deadlines of the others. */
  private static void check(DownstreamHandler connection, long now) {
    try {
      connection.checkDeadlines(now);
    } catch (RuntimeException e) {
      log.error("a connection's deadlines could not be checked", e);
    }
  }

  private void later() {
    loop.schedule(this::sweep, INTERVAL, TimeUnit.MILLISECONDS);
  }

  private void sweep() {
    long now = System.nanoTime();
    for (int i = connections.size() - 1; i >= 0; i--) {
      if (i < connections.size()) {
        check(connections.get(i), now);
      }
    }
    scheduled = !connections.isEmpty();
    if (scheduled) {
      later();
    }
  }
}
