package dev.loragateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UnsentTest {
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final Unsent unsent = new Unsent();
  private final long start = System.nanoTime();

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  private void look(int at) {
    unsent.look(channel, start + at);
  }

  @Test
  void lastTaken_bytesBeginToWait_isNow() {
    look(1_000);
    channel.write(Unpooled.wrappedBuffer(new byte[10]));
    look(2_000);
    assertThat(unsent.bytes()).isPositive();
    assertThat(unsent.lastTaken()).isEqualTo(start + 2_000);
  }

  @Test
  void lastTaken_nothingIsTaken_stays() {
    channel.write(Unpooled.wrappedBuffer(new byte[10]));
    look(1_000);
    look(2_000);
    channel.write(Unpooled.wrappedBuffer(new byte[10]));
    look(3_000);
    assertThat(unsent.lastTaken()).isEqualTo(start + 1_000);
  }

  @Test
  void lastTaken_lessWaits_isNow() {
    channel.write(Unpooled.wrappedBuffer(new byte[10]));
    look(1_000);
    channel.flush();
    look(2_000);
    assertThat(unsent.bytes()).isZero();
    assertThat(unsent.lastTaken()).isEqualTo(start + 2_000);
  }
}
