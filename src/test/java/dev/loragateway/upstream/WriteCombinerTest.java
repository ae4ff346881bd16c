package dev.loragateway.upstream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WriteCombinerTest {
  private final EmbeddedChannel channel = new EmbeddedChannel(new WriteCombiner());

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  static ByteBuf piece(String text) {
    return Unpooled.copiedBuffer(text, US_ASCII);
  }

  /** What reached the socket, write by write. */
  List<String> written() {
    List<String> all = new ArrayList<>();
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      all.add(out.toString(US_ASCII));
      out.release();
    }
    return all;
  }

  @Test
  void write_smallPieces_oneBufferAtTheFlush() {
    ByteBuf first = piece("1a\r\n");
    ChannelFuture head = channel.write(first);
    channel.write(piece("content"), channel.voidPromise());
    ChannelFuture end = channel.write(piece("\r\n"));
    assertThat(written()).isEmpty();
    assertThat(head.isDone()).isFalse();

    channel.flush();
    assertThat(written()).containsExactly("1a\r\ncontent\r\n");
    assertThat(head.isSuccess()).isTrue();
    assertThat(end.isSuccess()).isTrue();
    assertThat(first.refCnt()).isZero();
  }

  @Test
  void write_noMemory_failsThatPieceAndKeepsTheOthers() {
    channel.config().setAllocator(new NoMemory());
    channel.write(piece("first"));
    ByteBuf second = piece("second");
    ChannelFuture failed = channel.write(second);

    channel.flush();
    assertThat(failed.cause()).isInstanceOf(OutOfMemoryError.class);
    assertThat(second.refCnt()).isZero();
    assertThat(written()).containsExactly("first");
  }

  /** An allocator whose memory is used up. */
  private static final class NoMemory extends AbstractByteBufAllocator {
    @Override
    protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
      throw new OutOfMemoryError("none left");
    }

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
      throw new OutOfMemoryError("none left");
    }

    @Override
    public boolean isDirectBufferPooled() {
      return false;
    }
  }

  @Test
  void write_largePieceAmongSmall_keepsItsPlaceAndIsNotCopied() {
    ByteBuf large = piece("x".repeat(10_000));
    channel.write(piece("a"));
    channel.write(large);
    channel.write(piece("b"));
    channel.flush();
    ByteBuf before = channel.readOutbound();
    assertThat(before.toString(US_ASCII)).isEqualTo("a");
    before.release();
    ByteBuf passed = channel.readOutbound();
    assertThat(passed).isSameAs(large);
    passed.release();
    assertThat(written()).containsExactly("b");
  }

  @Test
  void write_manySmallPieces_nothingIsLost() {
    StringBuilder expected = new StringBuilder();
    for (int i = 0; i < 500; i++) {
      String text = Integer.toString(i).repeat(20);
      expected.append(text);
      channel.write(piece(text), channel.voidPromise());
    }
    channel.flush();
    List<String> written = written();
    assertThat(String.join("", written)).isEqualTo(expected.toString());
    assertThat(written).hasSizeLessThan(10);
  }

  @Test
  void write_socketFails_eachPromiseIsTold() {
    IOException broken = new IOException("broken pipe");
    EmbeddedChannel failing = new EmbeddedChannel(new Failing(broken), new WriteCombiner());
    ChannelFuture one = failing.write(piece("a"));
    ChannelFuture two = failing.write(piece("b"));
    failing.flush();
    assertThat(one.cause()).isSameAs(broken);
    assertThat(two.cause()).isSameAs(broken);
    failing.finishAndReleaseAll();
  }

  @Test
  void close_withoutFlush_endsWhatWasWritten() {
    ByteBuf bytes = piece("a");
    ChannelFuture write = channel.write(bytes);
    channel.close();
    assertThat(write.isDone()).isTrue();
    assertThat(bytes.refCnt()).isZero();
  }

  /** A socket on which each write fails. */
  private static final class Failing extends ChannelOutboundHandlerAdapter {
    private final IOException cause;

    Failing(IOException cause) {
      this.cause = cause;
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
      ((ByteBuf) message).release();
      promise.setFailure(cause);
    }
  }
}
