package dev.loragateway.proxy;

import dev.loragateway.access.Proof;
import dev.loragateway.model.GatewayError;
import dev.loragateway.openai.ApiShape;
import dev.loragateway.openai.RequestPeek;
import dev.loragateway.upstream.UpstreamPool;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One client connection: reads requests, one after the other, and hands each to an {@link Exchange}
 * or answers it. Confined to the downstream event loop.
 */
/*
 * While an exchange is under way the connection is still read, so that a client that leaves is noticed
 * at once; what it sends meanwhile (pipelined requests) waits in `pipelined`, and reading stops only
 * when that grows beyond a bound. After an error in the middle of a request the answer closes the
 * connection, but what the client still sends is read and dropped for a while: closing at once would
 * reset the connection and could destroy the answer on its way.
 */
public final class DownstreamHandler extends ConnectionSweep.Swept {
  private static final int MAX_PIPELINED_BYTES = 64 << 10;

  /**
   * How long in all, with how long a silence, and how much is read and dropped after an early
   * answer; the times are nginx's lingering_time and lingering_timeout.
   */
  private static final long LINGER_NANOS = 30_000_000_000L;

  private static final long LINGER_SILENCE_NANOS = 5_000_000_000L;
  private static final long LINGER_BYTES = 256L << 20;

  /** What a message takes on the heap, about, besides its payload. */
  private static final int PIECE_BYTES = 256;

  private static final int HEAD_BYTES = 512;

  /** Longer than the keys of a token's issuer may take to come. */
  private static final long PROOF_NANOS = 30_000_000_000L;

  private final ProxyContext context;
  private final BufferShare share;
  private final Deque<HttpObject> pipelined = new ArrayDeque<>(0);
  private final RequestPeek peek = new RequestPeek();
  private final Unsent unsent = new Unsent();
  private @Nullable ChannelHandlerContext ctx;
  private @Nullable UpstreamPool upstream;
  private @Nullable ConnectionSweep sweep;
  private @Nullable RequestReader reader;
  private @Nullable Exchange exchange;
  private int pipelinedBytes;
  private boolean draining;
  private boolean dropping;
  private long droppingSince;
  private long dropped;

  /** Whether a message, not only a part of one, came since {@code lastRead}. */
  private boolean heard;

  /** Whether bytes came since the end of the last read. */
  private boolean bytesCame;

  /** When a part of a head came that is not whole yet; 0 = there is none. */
  private long headSince;

  private long lastRead;

  /** For a connection of its own. */
  public DownstreamHandler(ProxyContext context) {
    this(context, new BufferShare(context));
  }

  /** For a stream of a connection whose streams share this. */
  public DownstreamHandler(ProxyContext context, BufferShare share) {
    this.context = context;
    this.share = share;
  }

  /** Over TLS and HTTP/2 a connection is active before it is known who handles it. */
  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    this.ctx = ctx;
    lastRead = System.nanoTime();
    upstream = context.upstreams.on(ctx.channel().eventLoop());
    sweep = context.sweep(ctx.channel().eventLoop());
    sweep.add(this);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    leave();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    leave();
  }

  private void leave() {
    if (sweep != null) {
      sweep.remove(this);
    }
    if (reader != null) {
      reader.release();
      reader = null;
      context.active.decrementAndGet();
    }
    if (exchange != null) {
      exchange.clientLeft();
      exchange = null;
    }
    pipelined.forEach(ReferenceCountUtil::release);
    pipelined.clear();
  }

  /** The decoder in front of this got bytes, whether or not they make a message. */
  public void bytesCame() {
    bytesCame = true;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    heard = true;
    if (dropping) {
      drop(ctx, (HttpObject) message);
    } else if (!free(ctx) || !pipelined.isEmpty()) {
      postpone(ctx, (HttpObject) message);
    } else {
      accept(ctx, (HttpObject) message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (heard) {
      heard = false;
      headSince = 0;
      lastRead = System.nanoTime();
    } else if (bytesCame && headSince == 0 && reader == null && exchange == null && !dropping) {
      headSince = System.nanoTime();
    }
    bytesCame = false;
  }

  /**
   * Returns whether more may be taken: the last request is answered, and the client reads its
   * answers; or it is proved who sends the one that is being read.
   */
  private boolean free(ChannelHandlerContext ctx) {
    return exchange == null
        && (reader == null ? ctx.channel().isWritable() : reader.proof() == null);
  }

  /** A stream of HTTP/2 is closed by its codec, once the client has taken the answer. */
  private void drop(ChannelHandlerContext ctx, HttpObject message) {
    if (message instanceof HttpContent content) {
      dropped += content.content().readableBytes();
    }
    ReferenceCountUtil.release(message);
    if (dropped > LINGER_BYTES) {
      close(ctx);
    } else if (message instanceof LastHttpContent
        && !(ctx.channel() instanceof Http2StreamChannel)) {
      ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }
  }

  private void postpone(ChannelHandlerContext ctx, HttpObject message) {
    pipelined.add(message);
    pipelinedBytes += size(message);
    if (pipelinedBytes > MAX_PIPELINED_BYTES) {
      ctx.channel().config().setAutoRead(false);
    }
  }

  private static int size(HttpObject message) {
    return message instanceof HttpContent content
        ? PIECE_BYTES + content.content().readableBytes()
        : HEAD_BYTES;
  }

  /** Goes on with what the client sent while it was waiting. */
  private void drainPipelined() {
    if (draining || ctx == null) {
      return;
    }
    draining = true;
    try {
      while (free(ctx) && !dropping && !pipelined.isEmpty()) {
        HttpObject next = pipelined.remove();
        pipelinedBytes -= size(next);
        accept(ctx, next);
      }
    } finally {
      draining = false;
    }
    if (pipelinedBytes <= MAX_PIPELINED_BYTES && !ctx.channel().config().isAutoRead()) {
      ctx.channel().config().setAutoRead(true);
    }
  }

  private void accept(ChannelHandlerContext ctx, HttpObject message) {
    try {
      if (message.decoderResult().isFailure()) {
        malformed(ctx, message.decoderResult().cause());
        return;
      }
      if (message instanceof HttpRequest head) {
        begin(ctx, head);
      }
      if (message instanceof HttpContent content && reader != null) {
        if (reader.proof() == null) {
          add(ctx, reader, content);
        } else {
          // head and end in one, as requests of HTTP/2 without a body come
          pipelined.addFirst(LastHttpContent.EMPTY_LAST_CONTENT);
        }
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void malformed(ChannelHandlerContext ctx, Throwable cause) {
    refuse(ctx, RequestReader.malformed(cause, reader != null));
  }

  private void begin(ChannelHandlerContext ctx, HttpRequest head) {
    RequestReader next = new RequestReader(context, head, ctx.alloc(), share, peek);
    reader = next;
    context.active.incrementAndGet();
    RequestReader.Refusal refusal = next.begin();
    CompletableFuture<Proof.Settled> proof = next.proof();
    if (proof == null) {
      goOn(ctx, next, refusal);
    } else {
      proof
          .thenAcceptAsync(settled -> proven(ctx, next, settled), ctx.channel().eventLoop())
          .exceptionally(
              failure -> {
                exceptionCaught(ctx, failure.getCause() == null ? failure : failure.getCause());
                return null;
              });
    }
  }

  /** Meanwhile the client may have left, or the gateway may have ended. */
  private void proven(ChannelHandlerContext ctx, RequestReader proved, Proof.Settled settled) {
    if (reader == proved) {
      lastRead = System.nanoTime();
      goOn(ctx, proved, proved.proven(settled));
      drainPipelined();
    }
  }

  /** The head is read: the body may come, or not. */
  private void goOn(
      ChannelHandlerContext ctx, RequestReader reading, RequestReader.@Nullable Refusal refusal) {
    if (refusal != null) {
      refuse(ctx, refusal);
    } else if (reading.waitsForContinue()) {
      ctx.writeAndFlush(
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
    }
  }

  private void add(ChannelHandlerContext ctx, RequestReader reading, HttpContent content) {
    boolean last = content instanceof LastHttpContent;
    RequestReader.Refusal refusal = reading.add(content.content(), last);
    if (refusal == null && last) {
      refusal = reading.finish();
    }
    if (refusal != null) {
      if (last) {
        answer(ctx, reading, refusal);
      } else {
        refuse(ctx, refusal);
      }
    } else if (last) {
      reader = null;
      dispatch(ctx, reading);
    }
  }

  /** Refuses a request that was read to its end: the connection can go on. */
  private void answer(
      ChannelHandlerContext ctx, RequestReader reading, RequestReader.Refusal refusal) {
    reader = null;
    reading.release();
    reject(refusal.error());
    replyAndEnd(
        ctx,
        Answers.error(reading.shape(), refusal.error(), refusal.message()),
        reading.id(),
        reading.keepAlive());
  }

  /** Refuses a request in its middle: the rest of the connection is dropped. */
  private void refuse(ChannelHandlerContext ctx, RequestReader.Refusal refusal) {
    RequestReader refused = reader;
    reader = null;
    if (refused != null) {
      refused.release();
    }
    reject(refusal.error());
    startDropping();
    pipelined.forEach(ReferenceCountUtil::release);
    pipelined.clear();
    ChannelFuture written =
        ctx.writeAndFlush(refusal(refused, refusal)).addListener(sent -> endOutput(ctx));
    if (refused != null) {
      written.addListener(this::ended);
    }
    ctx.channel().config().setAutoRead(true);
  }

  /** Gives up on headers that do not come; nothing is lost that could be waited for. */
  private void endHead(ChannelHandlerContext ctx) {
    RequestReader.Refusal late =
        new RequestReader.Refusal(
            GatewayError.REQUEST_HEADER_TIMEOUT,
            "the headers did not come in time (timeouts.requestHeader)");
    reject(late.error());
    startDropping();
    ctx.writeAndFlush(refusal(null, late)).addListener(ChannelFutureListener.CLOSE);
  }

  /** From now on what the client sends is not for anyone. */
  private void startDropping() {
    dropping = true;
    droppingSince = System.nanoTime();
    lastRead = droppingSince;
  }

  private static FullHttpResponse refusal(
      @Nullable RequestReader refused, RequestReader.Refusal refusal) {
    ApiShape shape = refused == null ? ApiShape.OPENAI : refused.shape();
    FullHttpResponse response = Answers.error(shape, refusal.error(), refusal.message());
    response.headers().set(HttpHeaderNames.CONNECTION, "close");
    if (refusal.allow() != null) {
      response.headers().set(HttpHeaderNames.ALLOW, refusal.allow().name());
    }
    if (refused == null) {
      return response;
    }
    response.headers().set(HeaderRules.REQUEST_ID, refused.id());
    if (!refused.headOnly()) {
      return response;
    }
    response.release();
    return response.replace(Unpooled.EMPTY_BUFFER);
  }

  /** Lets the client see the end at once, while what it still sends is read. */
  private static void endOutput(ChannelHandlerContext ctx) {
    if (ctx.channel() instanceof DuplexChannel channel && channel.isActive()) {
      channel.shutdownOutput();
    }
  }

  private void reject(GatewayError error) {
    context.listener.rejected(error);
  }

  private void dispatch(ChannelHandlerContext ctx, RequestReader read) {
    ClientRequest request = read.request();
    if (request.route().forwarded()) {
      exchange =
          new Exchange(context, this, ctx, java.util.Objects.requireNonNull(upstream), request);
      exchange.start();
      return;
    }
    read.release();
    replyAndEnd(ctx, LocalAnswers.answer(context, request), request.id(), request.keepAlive());
  }

  /** Answers a request that went no further, and ends it. */
  private void replyAndEnd(
      ChannelHandlerContext ctx, FullHttpResponse response, String id, boolean keepAlive) {
    String shown = context.settings.get().headers().requestId() ? id : null;
    if (!keepAlive || context.draining()) {
      startDropping();
    }
    Answers.send(ctx, response, shown, !dropping).addListener(this::ended);
  }

  private void ended(Future<?> written) {
    context.active.decrementAndGet();
  }

  /** The exchange is over; called by it, once. */
  void exchangeOver(boolean keepAlive) {
    exchange = null;
    if (!keepAlive) {
      startDropping();
      return;
    }
    lastRead = System.nanoTime();
    drainPipelined();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable() && exchange != null) {
      exchange.clientReads();
    } else if (ctx.channel().isWritable()) {
      drainPipelined();
    }
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  void end() {
    if (ctx == null) {
      return;
    }
    if (exchange != null) {
      exchange.end();
    } else if (reader != null) {
      refuse(ctx, new RequestReader.Refusal(GatewayError.SHUTTING_DOWN, Rejection.SHUTTING_DOWN));
    } else {
      unsent.look(ctx.channel(), System.nanoTime());
      if (unsent.bytes() == 0) {
        close(ctx);
      }
    }
  }

  @Override
  void checkDeadlines(long now) {
    if (ctx == null) {
      return;
    }
    unsent.look(ctx.channel(), now);
    long quiet = now - Math.max(lastRead, unsent.lastTaken());
    ProxySettings.Timeouts timeouts = context.settings.get().timeouts();
    if (exchange != null) {
      exchange.checkDeadlines(now, unsent.lastTaken());
    } else if (unsent.bytes() > 0
        && (reader == null || !passed(now - reader.startedAt(), timeouts.requestBody()))) {
      if (passed(now - unsent.lastTaken(), timeouts.answer().idle())) {
        close(ctx);
      }
    } else if (dropping) {
      if (quiet > LINGER_SILENCE_NANOS || now - droppingSince > LINGER_NANOS) {
        close(ctx);
      }
    } else if (reader != null && reader.proof() != null) {
      if (now - reader.startedAt() > PROOF_NANOS) {
        refuse(
            ctx,
            new RequestReader.Refusal(
                GatewayError.AUTHENTICATION_UNAVAILABLE, "the token could not be checked in time"));
      }
    } else if (reader != null) {
      if (passed(quiet, timeouts.answer().idle())
          || passed(now - reader.startedAt(), timeouts.requestBody())) {
        refuse(
            ctx,
            new RequestReader.Refusal(
                GatewayError.REQUEST_BODY_TIMEOUT,
                "the rest of the body did not come in time (timeouts.requestBody, timeouts.idle)"));
      }
    } else if (headSince != 0 && !timeouts.requestHeader().isZero()) {
      if (passed(now - headSince, timeouts.requestHeader())) {
        endHead(ctx);
      }
    } else if (passed(quiet, timeouts.keepAlive())) {
      close(ctx);
    }
  }

  /** Closing alone would leave a stream of HTTP/2 in its codec, with what it has not sent. */
  private static void close(ChannelHandlerContext ctx) {
    if (ctx.channel() instanceof Http2StreamChannel) {
      ctx.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.CANCEL))
          .addListener(ChannelFutureListener.CLOSE);
    } else {
      ctx.close();
    }
  }

  static boolean passed(long nanos, java.time.Duration timeout) {
    return !timeout.isZero() && nanos > timeout.toNanos();
  }

  /**
   * A reset or a broken pipe: the same as a client that leaves. A stream that broke the rules of
   * HTTP/2 is reset by the end of the pipeline, with the error that it made.
   */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (ctx.channel() instanceof Http2StreamChannel
        && Http2CodecUtil.getEmbeddedHttp2Exception(cause) != null) {
      ctx.fireExceptionCaught(cause);
      return;
    }
    boolean clients = cause instanceof java.io.IOException || cause instanceof DecoderException;
    if (!clients) {
      org.slf4j.LoggerFactory.getLogger(DownstreamHandler.class)
          .warn("connection {} failed", ctx.channel().remoteAddress(), cause);
    }
    ctx.close();
  }
}
