package dev.loragateway.server;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.List;
import org.slf4j.LoggerFactory;

/**
 * Collects the reports of Netty's leak detector, which come through its logger. A buffer is
 * reported when it was collected and a further one is allocated. Confined to the test's thread.
 */
final class LeakRecorder {
  private final Logger logger = (Logger) LoggerFactory.getLogger(ResourceLeakDetector.class);
  private final ListAppender<ILoggingEvent> reports = new ListAppender<>();

  void start() {
    if (ResourceLeakDetector.getLevel() != ResourceLeakDetector.Level.PARANOID) {
      throw new IllegalStateException("leak detection must be paranoid");
    }
    flush();
    reports.start();
    logger.addAppender(reports);
    logger.setAdditive(false);
  }

  /** The reports since the start. */
  List<String> stop() {
    flush();
    logger.setAdditive(true);
    logger.detachAppender(reports);
    List<String> found = reports.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    reports.list.clear();
    return found;
  }

  private static void flush() {
    collect();
    collect();
    for (ByteBufAllocator allocator :
        new ByteBufAllocator[] {
          PooledByteBufAllocator.DEFAULT, UnpooledByteBufAllocator.DEFAULT, ByteBufAllocator.DEFAULT
        }) {
      allocator.heapBuffer(16).release();
      allocator.directBuffer(16).release();
      allocator.compositeBuffer(2).release();
    }
  }

  /** Returns when an object that was garbage before has been found to be. */
  private static void collect() {
    ReferenceQueue<Object> queue = new ReferenceQueue<>();
    WeakReference<Object> canary = new WeakReference<>(new Object(), queue);
    try {
      do {
        System.gc();
      } while (queue.remove(100) == null);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      Reference.reachabilityFence(canary);
    }
  }
}
