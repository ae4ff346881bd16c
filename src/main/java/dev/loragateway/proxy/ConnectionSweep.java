package dev.loragateway.proxy;

import io.netty.channel.ChannelInboundHandlerAdapter;
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
  /** What is looked at. Confined to the sweep's event loop. */
  abstract static class Swept extends ChannelInboundHandlerAdapter {
    private int index = -1;

    /** Acts on the deadlines that have passed. */
    abstract void checkDeadlines(long now);

    /** The gateway stops: nothing can be waited for any longer. */
    abstract void end();
  }

  /** How late a deadline may be noticed, in milliseconds. */
  private static final int INTERVAL = 100;

  private static final Logger log = LoggerFactory.getLogger(ConnectionSweep.class);

  private final EventLoop loop;
  private final List<Swept> connections = new ArrayList<>();
  private boolean scheduled;

  ConnectionSweep(EventLoop loop) {
    this.loop = loop;
  }

  void add(Swept connection) {
    connection.index = connections.size();
    connections.add(connection);
    if (!scheduled) {
      scheduled = true;
      later();
    }
  }

  /** Fills the gap with the last one. */
  void remove(Swept connection) {
    if (connection.index < 0) {
      return;
    }
    Swept last = connections.removeLast();
    if (last.index != connection.index) {
      connections.set(connection.index, last);
      last.index = connection.index;
    }
    connection.index = -1;
  }

  /** A fault in one connection must not end the deadlines of the others. */
  private static void check(Swept connection, long now) {
    try {
      connection.checkDeadlines(now);
    } catch (RuntimeException e) {
      log.error("a connection's deadlines could not be checked", e);
    }
  }

  /** Ends what every connection is at, from any thread. */
  void endAll() {
    loop.execute(
        () -> {
          for (Swept connection : List.copyOf(connections)) {
            end(connection);
          }
        });
  }

  private static void end(Swept connection) {
    try {
      connection.end();
    } catch (RuntimeException e) {
      log.error("a connection's request could not be ended", e);
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
