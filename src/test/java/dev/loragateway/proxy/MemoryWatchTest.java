package dev.loragateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.lang.ref.Reference;
import org.junit.jupiter.api.Test;

final class MemoryWatchTest {
  private static final int LARGE = 64 << 20;

  /** Nothing is as large as this share: no collection is asked for. */
  private static final double NEVER = 2;

  private static double share(long bytes) {
    return (double) bytes / Runtime.getRuntime().maxMemory();
  }

  @Test
  void heap_countsWhatACollectionLeaves_andAsksForOneWhenShort() {
    MemoryWatch watch = new MemoryWatch();
    double with = withLargeArray(watch);
    assertThat(with).isGreaterThan(share(LARGE) / 2);

    watch.sample(0);

    assertThat(watch.heap()).isLessThan(with - share(LARGE) / 2);
  }

  private static double withLargeArray(MemoryWatch watch) {
    byte[] held = new byte[LARGE];
    try {
      System.gc();
      watch.sample(NEVER);
      return watch.heap();
    } finally {
      Reference.reachabilityFence(held);
    }
  }

  @Test
  void direct_countsBuffersWhileTheyAreHeld() {
    MemoryWatch watch = new MemoryWatch();
    ByteBuf held = PooledByteBufAllocator.DEFAULT.directBuffer(LARGE);
    watch.sample(NEVER);
    double with = watch.direct();
    held.release();
    watch.sample(NEVER);

    assertThat(with - watch.direct()).isGreaterThan(share(LARGE) / 2);
  }
}
