package dev.loragateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import org.junit.jupiter.api.Test;

final class LeakRecorderTest {
  private final LeakRecorder recorder = new LeakRecorder();

  @Test
  void leak_oneBufferIsDropped_isReported() {
    recorder.start();

    leak();

    assertThat(recorder.stop()).singleElement().asString().contains("LEAK");
  }

  @Test
  void leak_everyBufferIsReleased_nothingIsReported() {
    recorder.start();

    ByteBufAllocator.DEFAULT.buffer(64).release();

    assertThat(recorder.stop()).isEmpty();
  }

  /** In a frame of its own, so that no local keeps the buffer. */
  private static void leak() {
    ByteBufAllocator.DEFAULT.buffer(64).writeLong(1);
  }
}
