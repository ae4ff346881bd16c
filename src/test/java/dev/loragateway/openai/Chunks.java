package dev.loragateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** Cuts bytes into buffers of several kinds and releases them after use. */
final class Chunks {
  private Chunks() {}

  /** Hands the bytes over in pieces of random size and kind; empty pieces are among them. */
  static void feed(byte[] bytes, long seed, Consumer<ByteBuf> consumer) {
    SplittableRandom random = new SplittableRandom(seed);
    int largest = Math.max(bytes.length / 64, random.nextBoolean() ? 8 : 200);
    for (int at = 0; at < bytes.length; ) {
      int to = Math.min(bytes.length, at + random.nextInt(largest + 1));
      use(buffer(bytes, at, to, random.nextInt(3)), consumer);
      at = to;
    }
  }

  /** A heap buffer with an offset, a direct one, or a composite of both. */
  static ByteBuf buffer(byte[] bytes, int from, int to, int kind) {
    return switch (kind) {
      case 0 -> Unpooled.wrappedBuffer(bytes, from, to - from);
      case 1 -> PooledByteBufAllocator.DEFAULT.directBuffer().writeBytes(bytes, from, to - from);
      default -> {
        int middle = (from + to) >>> 1;
        yield Unpooled.wrappedBuffer(buffer(bytes, from, middle, 0), buffer(bytes, middle, to, 1));
      }
    };
  }

  private static void use(ByteBuf buffer, Consumer<ByteBuf> consumer) {
    int reader = buffer.readerIndex();
    byte[] before = ByteBufUtil.getBytes(buffer);
    try {
      consumer.accept(buffer);
      assertThat(buffer.readerIndex()).isEqualTo(reader);
      assertThat(ByteBufUtil.getBytes(buffer)).isEqualTo(before);
      assertThat(buffer.refCnt()).isEqualTo(1);
    } finally {
      buffer.release();
    }
  }
}
