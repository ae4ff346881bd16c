package dev.loragateway.proxy;

import dev.loragateway.model.GatewayError;
import dev.loragateway.openai.ErrorBody;
import dev.loragateway.openai.ModelRewrite;
import dev.loragateway.openai.ResponseIdPeek;
import dev.loragateway.routing.Tier;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import org.jspecify.annotations.Nullable;

/**
 * Writes an answer downstream: frames it anew, adds the gateway's headers, and rewrites {@code
 * model} where the gateway had rewritten it. Confined to the downstream event loop.
 */
final class ResponseRelay {
  /** Ends whatever event was cut off; blank lines between events mean nothing. */
  private static final byte[] END_OF_EVENT = {'\n', '\n'};

  private final Exchange exchange;
  private final ChannelHandlerContext ctx;
  private final ProxySettings settings;
  private @Nullable RenamedModel renamed;
  private @Nullable ModelRewrite rewrite;
  private @Nullable ResponseIdPeek responseId;
  private @Nullable Attempt source;
  private boolean committed;
  private boolean eventStream;
  private boolean untilClose;
  private boolean keepAlive;
  private int status;

  ResponseRelay(Exchange exchange, ChannelHandlerContext ctx, ProxySettings settings) {
    this.exchange = exchange;
    this.ctx = ctx;
    this.settings = settings;
  }

  static boolean isEventStream(HttpResponse response) {
    String type = response.headers().get(HttpHeaderNames.CONTENT_TYPE);
    return type != null && type.regionMatches(true, 0, "text/event-stream", 0, 17);
  }

  /** Returns whether the head went downstream, so that nothing can be taken back. */
  boolean committed() {
    return committed;
  }

  int status() {
    return status;
  }

  /** Writes the head. */
  void commit(HttpResponse response, Attempt from) {
    committed = true;
    source = from;
    status = response.status().code();
    eventStream = isEventStream(response);
    ClientRequest request = exchange.request;
    renamed = exchange.renamed();
    if (renamed != null) {
      rewrite = renamed.rewrite();
    }
    if (request.route().path().equals("/v1/responses") && status < 300) {
      responseId = new ResponseIdPeek();
    }
    frame(response, request, renamed != null);
    mark(response.headers(), request, from);
    ctx.write(response, ctx.voidPromise());
  }

  private void frame(HttpResponse response, ClientRequest request, boolean lengthChanges) {
    HttpHeaders headers = response.headers();
    HeaderRules.removeHopByHop(headers);
    response.setProtocolVersion(HttpVersion.HTTP_1_1);
    boolean bodiless = status == 204 || status == 304;
    if (lengthChanges) {
      headers.remove(HttpHeaderNames.CONTENT_LENGTH);
    }
    boolean sized = bodiless || headers.contains(HttpHeaderNames.CONTENT_LENGTH);
    untilClose = !sized && request.http10();
    if (!sized && !untilClose) {
      HttpUtil.setTransferEncodingChunked(response, true);
    }
    keepAlive = request.keepAlive() && !untilClose && !exchange.context.draining();
    if (!keepAlive) {
      headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    } else if (request.http10()) {
      headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
    }
  }

  private void mark(HttpHeaders headers, ClientRequest request, Attempt from) {
    ProxySettings.Headers shown = request.shown(settings.headers());
    HeaderRules.removeOwn(headers);
    if (shown.requestId()) {
      headers.set(HeaderRules.REQUEST_ID, request.id());
    }
    if (shown.endpoint()) {
      headers.set(HeaderRules.ENDPOINT, from.endpoint().address());
    }
    if (shown.tier()) {
      headers.set(
          HeaderRules.TIER, exchange.queue.waited() ? Tier.QUEUE.label() : from.tier().label());
    }
    if (shown.attempts()) {
      headers.setInt(HeaderRules.ATTEMPTS, exchange.attempts());
    }
    if (shown.queueMs() && exchange.queue.waited()) {
      headers.set(HeaderRules.QUEUE_MS, Long.toString(exchange.queue.nanos() / 1_000_000));
    }
    if (shown.rateLimit()) {
      exchange.quota.show(headers);
    }
    exchange.explain(headers);
  }

  /** Reads the id of a new response off the first bytes of its body. */
  void observe(ByteBuf bytes) {
    if (responseId != null) {
      responseId.add(bytes);
      String id = responseId.id();
      if (id != null && source != null) {
        exchange.context.responses.made(
            exchange.request.tenant(), id, source.endpoint().address(), renamed);
        responseId = null;
      }
    }
  }

  /** Writes a piece of the body; returns whether the client keeps up. */
  boolean content(HttpContent content) {
    if (rewrite != null) {
      ByteBuf out = rewrite.rewrite(content.content(), ctx.alloc());
      content.release();
      ctx.write(new DefaultHttpContent(out), ctx.voidPromise());
    } else {
      ctx.write(content, ctx.voidPromise());
    }
    return ctx.channel().isWritable();
  }

  /** Writes the last piece; trailers end here. */
  void last(HttpContent content) {
    if (rewrite != null) {
      ByteBuf out =
          Unpooled.wrappedBuffer(rewrite.rewrite(content.content(), ctx.alloc()), rewrite.finish());
      rewrite = null;
      content.release();
      write(new DefaultLastHttpContent(out));
    } else if (((LastHttpContent) content).trailingHeaders().isEmpty()) {
      write((LastHttpContent) content);
    } else {
      write(new DefaultLastHttpContent(content.content()));
    }
  }

  private void write(LastHttpContent last) {
    ChannelFuture written = ctx.writeAndFlush(last);
    written.addListener(
        keepAlive ? ChannelFutureListener.CLOSE_ON_FAILURE : ChannelFutureListener.CLOSE);
    exchange.relayed(written, keepAlive);
  }

  void flush() {
    ctx.flush();
  }

  /**
   * Ends an answer in its middle: an error event where the client reads events, behind a blank line
   * in case an event was cut off, and no end of the body.
   *
   * @return completes when the last of it has left the gateway
   */
  ChannelFuture breakOff(GatewayError error, String message) {
    if (untilClose) {
      ctx.channel().config().setOption(ChannelOption.SO_LINGER, 0);
      return ctx.close();
    }
    ByteBuf event = Unpooled.EMPTY_BUFFER;
    if (eventStream) {
      byte[] json = ErrorBody.streamEvent(exchange.request.route().shape(), error, message);
      event = Unpooled.wrappedBuffer(END_OF_EVENT, json);
    }
    return ctx.writeAndFlush(new DefaultHttpContent(event))
        .addListener(ChannelFutureListener.CLOSE);
  }
}
