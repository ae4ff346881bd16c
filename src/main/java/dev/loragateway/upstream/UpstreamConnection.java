package dev.loragateway.upstream;

import dev.loragateway.model.Endpoint;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1.1 connection to a model server: carries one exchange at a time and goes back to its
 * pool after a complete one. Confined to its event loop.
 */
public final class UpstreamConnection extends ChannelInboundHandlerAdapter {
  private final UpstreamPool pool;
  private final Endpoint endpoint;
  private final Channel channel;
  private final StrictResponseDecoder decoder;
  private @Nullable ResponseListener listener;
  private @Nullable ChannelFuture written;
  private boolean interim;
  private boolean complete;
  private boolean delivered;
  private boolean keepAlive;
  private boolean anyByte;
  private int exchanges;
  private long idleSince;

  UpstreamConnection(
      UpstreamPool pool, Endpoint endpoint, Channel channel, StrictResponseDecoder decoder) {
    this.pool = pool;
    this.endpoint = endpoint;
    this.channel = channel;
    this.decoder = decoder;
  }

  public Endpoint endpoint() {
    return endpoint;
  }

  /**
   * Returns whether an earlier exchange used the connection, so that the server may just have
   * closed it.
   */
  public boolean reused() {
    return exchanges > 1;
  }

  /** Sends a request; its answer goes to the listener. Takes over the request's reference. */
  public void send(FullHttpRequest request, ResponseListener answer) {
    listener = answer;
    anyByte = false;
    delivered = false;
    interim = false;
    exchanges++;
    written = channel.writeAndFlush(request).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
  }

  /** Stops reading, since the client does not keep up. */
  public void pause() {
    channel.config().setAutoRead(false);
  }

  public void resume() {
    channel.config().setAutoRead(true);
  }

  /** Gives up the exchange: closes the connection, on which vLLM aborts the request. */
  public void cancel() {
    listener = null;
    channel.close();
  }

  /** Gives the connection back unused. */
  public void release() {
    pool.release(this);
  }

  boolean usable() {
    return channel.isActive();
  }

  void idle(long now) {
    idleSince = now;
  }

  long idleSince() {
    return idleSince;
  }

  void close() {
    channel.close();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ResponseListener answer = listener;
    if (answer == null) {
      ReferenceCountUtil.release(message);
      ctx.close();
      return;
    }
    anyByte = true;
    if (((HttpObject) message).decoderResult().isFailure()) {
      Throwable cause = ((HttpObject) message).decoderResult().cause();
      ReferenceCountUtil.release(message);
      fail(UpstreamFailure.MALFORMED, cause);
      return;
    }
    if (message instanceof HttpResponse head) {
      head(answer, head);
    }
    if (message instanceof HttpContent content) {
      content(answer, content);
    }
  }

  private void head(ResponseListener answer, HttpResponse head) {
    interim = head.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    if (head.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
      fail(UpstreamFailure.MALFORMED, new IOException("status 101, which nobody asked for"));
    } else if (!interim) {
      keepAlive = HttpUtil.isKeepAlive(head);
      delivered = true;
      answer.head(head);
    }
  }

  private void content(ResponseListener answer, HttpContent content) {
    if (interim) {
      interim = !(content instanceof LastHttpContent);
      content.release();
      return;
    }
    if (content instanceof LastHttpContent) {
      listener = null;
      complete = true;
    }
    delivered = true;
    answer.content(content);
  }

  /**
   * Only when all that had arrived was looked at: bytes behind an answer must not be taken for a
   * part of the next one.
   */
  private void handBack() {
    complete = false;
    channel.config().setAutoRead(true);
    boolean silent = channel.isActive() && decoder.isBetweenAnswers();
    if (keepAlive && silent && written != null && written.isSuccess()) {
      pool.release(this);
    } else {
      channel.close();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (complete) {
      handBack();
    } else if (listener == null && !decoder.isBetweenAnswers()) {
      channel.close();
    } else if (listener != null && delivered) {
      delivered = false;
      listener.readComplete();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    pool.forget(this);
    fail(
        anyByte ? UpstreamFailure.BROKEN : UpstreamFailure.NO_RESPONSE,
        new IOException("the model server " + endpoint.address() + " closed the connection"));
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    fail(anyByte ? UpstreamFailure.BROKEN : UpstreamFailure.NO_RESPONSE, cause);
    ctx.close();
  }

  private void fail(UpstreamFailure failure, Throwable cause) {
    ResponseListener answer = listener;
    listener = null;
    channel.close();
    if (answer != null) {
      answer.failed(failure, cause);
    }
  }
}
