package dev.loragateway.proxy;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.internal.PlatformDependent;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * How much of the JVM's memory is really in use: of the heap, and of what buffers have outside of
 * it. Sampled by one thread, read by all.
 */
/*
 * What the heap holds between two collections is mostly garbage. So what counts is what the last
 * collection of the old generation left, which the JVM keeps for this purpose. That figure stays when
 * the load has gone, since nothing is collected then: while it says that memory is short, a collection
 * is asked for now and then. Buffers count while somebody holds them; what the allocator keeps for the
 * next ones is free.
 */
final class MemoryWatch {
  private static final long BETWEEN_COLLECTIONS = TimeUnit.SECONDS.toNanos(10);

  /** Old generations, or the only one: those in which a threshold can be set. */
  private final List<MemoryPoolMXBean> old =
      ManagementFactory.getMemoryPoolMXBeans().stream()
          .filter(pool -> pool.getType() == MemoryType.HEAP && pool.isUsageThresholdSupported())
          .toList();

  private final long directMax = PlatformDependent.maxDirectMemory();
  private long collected = System.nanoTime() - BETWEEN_COLLECTIONS;
  private volatile double heap;
  private volatile double direct;

  /**
   * Looks anew.
   *
   * @param limit the share of the heap in use above which memory is short
   */
  void sample(double limit) {
    direct = (double) PooledByteBufAllocator.DEFAULT.pinnedDirectMemory() / directMax;
    double used = usedOfOld();
    long now = System.nanoTime();
    if (used >= limit && now - collected >= BETWEEN_COLLECTIONS) {
      collected = now;
      System.gc();
      used = usedOfOld();
    }
    heap = used;
  }

  private double usedOfOld() {
    return old.stream().mapToDouble(MemoryWatch::used).max().orElse(0);
  }

  private static double used(MemoryPoolMXBean pool) {
    MemoryUsage now = pool.getUsage();
    MemoryUsage afterCollection = pool.getCollectionUsage();
    return now == null || afterCollection == null || now.getMax() <= 0
        ? 0
        : (double) Math.min(now.getUsed(), afterCollection.getUsed()) / now.getMax();
  }

  /** The share of the heap that was in use, 0 to 1. */
  double heap() {
    return heap;
  }

  /** The share of the memory for buffers outside the heap that was in use, 0 to 1. */
  double direct() {
    return direct;
  }
}
