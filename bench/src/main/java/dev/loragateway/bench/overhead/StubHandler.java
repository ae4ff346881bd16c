package dev.loragateway.bench.overhead;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection to the stub. What a request asks for is looked for in the first 8 KiB of its body.
 * Confined to the event loop.
 */
final class StubHandler extends ChannelInboundHandlerAdapter {
  /** In a prompt: the answer is to be paced, and has as many events as the number that follows. */
  static final String PACED = "paced ";

  /** Between two events of a paced stream. */
  static final long PACE_NANOS = 20_000_000;

  private static final int LOOKED_AT = 8 << 10;
  private static final byte[] STREAM = "\"stream\"".getBytes(US_ASCII);
  private static final byte[] PACED_BYTES = ("\"" + PACED).getBytes(US_ASCII);

  private final StubAnswers answers;
  private final byte[] body = new byte[LOOKED_AT];
  private int length;
  private boolean chat;
  private boolean keepAlive;
  private String path = "";
  private @Nullable Future<?> pacer;

  StubHandler(StubAnswers answers) {
    this.answers = answers;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof HttpRequest request) {
      chat = request.method().equals(HttpMethod.POST);
      path = chat ? "" : request.uri();
      keepAlive = HttpUtil.isKeepAlive(request);
      length = 0;
    }
    if (message instanceof HttpContent content) {
      keep(content.content());
      content.release();
    }
    if (message instanceof LastHttpContent) {
      answer(context);
    }
  }

  private void keep(ByteBuf content) {
    int more = chat ? Math.min(content.readableBytes(), LOOKED_AT - length) : 0;
    content.readBytes(body, length, more);
    length += more;
  }

  private void answer(ChannelHandlerContext context) {
    if (!chat) {
      last(context, answers.get(path));
    } else if (!streamed()) {
      last(context, answers.chat());
    } else {
      int paced = after(PACED_BYTES);
      context.writeAndFlush(answers.head(), context.voidPromise());
      if (paced < 0) {
        events(context);
      } else {
        pace(context, number(paced));
      }
    }
  }

  private void last(ChannelHandlerContext context, ByteBuf bytes) {
    ChannelFuture written = context.writeAndFlush(bytes);
    if (!keepAlive) {
      written.addListener(ChannelFutureListener.CLOSE);
    }
  }

  private void events(ChannelHandlerContext context) {
    for (int i = 0; i < Case.EVENTS; i++) {
      context.writeAndFlush(answers.event(i), context.voidPromise());
    }
    last(context, answers.end());
  }

  private void pace(ChannelHandlerContext context, int events) {
    Pace pace = new Pace(context, System.nanoTime(), events);
    pacer = context.executor().scheduleAtFixedRate(pace, 0, PACE_NANOS, TimeUnit.NANOSECONDS);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    stop();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }

  private void stop() {
    if (pacer != null) {
      pacer.cancel(false);
      pacer = null;
    }
  }

  /** Whether {@code "stream": true} occurs. */
  private boolean streamed() {
    int at = after(STREAM);
    while (at >= 0 && at < length && (body[at] == ' ' || body[at] == ':')) {
      at++;
    }
    return at >= 0 && at < length && body[at] == 't';
  }

  /** Where a text ends that the body contains; -1 = it does not. */
  private int after(byte[] text) {
    for (int i = 0; i + text.length <= length; i++) {
      int same = 0;
      while (same < text.length && body[i + same] == text[same]) {
        same++;
      }
      if (same == text.length) {
        return i + same;
      }
    }
    return -1;
  }

  private int number(int from) {
    int value = 0;
    for (int i = from; i < length && body[i] >= '0' && body[i] <= '9'; i++) {
      value = 10 * value + body[i] - '0';
    }
    return value;
  }

  /** Writes the next event of a paced stream. Confined to the event loop. */
  private final class Pace implements Runnable {
    private final ChannelHandlerContext context;
    private final int events;
    private long due;
    private int sent;

    Pace(ChannelHandlerContext context, long due, int events) {
      this.context = context;
      this.due = due;
      this.events = events;
    }

    @Override
    public void run() {
      if (sent < events) {
        context.writeAndFlush(StubAnswers.paced(context.alloc(), due), context.voidPromise());
        due += PACE_NANOS;
        sent++;
      }
      if (sent == events) {
        stop();
        last(context, answers.end());
      }
    }
  }
}
