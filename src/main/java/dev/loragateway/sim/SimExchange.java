package dev.loragateway.sim;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One request being answered: a whole answer, or a stream of events. It is also where an answer is
 * cut off on purpose. Confined to the connection's event loop, except {@link #run}.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty closes the channel of a failed write.
final class SimExchange {
  private static final int NEVER = Integer.MAX_VALUE;

  final ReceivedRequest request;
  private final Channel channel;
  private final Runnable done;
  private int cutAfter = NEVER;
  private boolean cutByReset;
  private int sent;
  private boolean finished;
  private int status;

  /**
   * @param done called once, when the answer is complete and the connection can go on
   */
  SimExchange(Channel channel, ReceivedRequest request, Runnable done) {
    this.channel = channel;
    this.request = request;
    this.done = done;
  }

  /** Runs on the event loop, at once where that is the current thread. */
  void run(Runnable task) {
    if (channel.eventLoop().inEventLoop()) {
      task.run();
    } else {
      channel.eventLoop().execute(task);
    }
  }

  /** Goes on with a stage's result on the event loop; a failed stage is a 500. */
  <T> void when(CompletableFuture<T> stage, Consumer<T> next) {
    stage.whenComplete(
        (value, failure) ->
            run(
                () -> {
                  if (failure == null) {
                    next.accept(value);
                  } else {
                    reply(SimReply.error(500, "InternalServerError", "", failure.toString()));
                  }
                }));
  }

  /** Runs on the event loop after so many milliseconds. */
  void later(long millis, Runnable task) {
    channel.eventLoop().schedule(task, millis, TimeUnit.MILLISECONDS);
  }

  /** The client left: nothing more can be sent. */
  void gone() {
    finished = true;
  }

  /** Whether nothing more can be sent. */
  boolean finished() {
    return finished;
  }

  /** Status of the answer; 0 = none yet. */
  int status() {
    return status;
  }

  /** From now on the answer breaks off after so many events, by a reset or a mere close. */
  void cutAfter(int events, boolean byReset) {
    cutAfter = events;
    cutByReset = byReset;
  }

  /** Closes the connection with a reset, without another byte. */
  void reset() {
    finished = true;
    reset(channel);
  }

  static void reset(Channel channel) {
    channel.config().setOption(ChannelOption.SO_LINGER, 0);
    channel.close();
  }

  void reply(SimReply reply) {
    if (finished) {
      return;
    }
    byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
    if (cutAfter != NEVER) {
      cutPlain(reply, body);
      return;
    }
    var response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, status(reply.status()), Unpooled.wrappedBuffer(body));
    headers(response, reply.contentType()).setInt(HttpHeaderNames.CONTENT_LENGTH, body.length);
    if (!reply.allow().isEmpty()) {
      response.headers().set(HttpHeaderNames.ALLOW, reply.allow());
    }
    finished = true;
    channel.writeAndFlush(response);
    done.run();
  }

  /** Sends the headers of a stream; they go out before the engine has produced anything. */
  void startStream() {
    if (finished) {
      return;
    }
    var response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, status(200));
    headers(response, "text/event-stream; charset=utf-8");
    channel.writeAndFlush(chunked(response));
  }

  /** Sends one event as one chunk. */
  void event(String text) {
    if (finished) {
      return;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (sent == cutAfter) {
      cut(cutByReset ? 0 : bytes.length / 2, bytes);
      return;
    }
    sent++;
    channel.writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(bytes)));
  }

  void endStream() {
    if (finished) {
      return;
    }
    finished = true;
    channel.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
    done.run();
  }

  private void cutPlain(SimReply reply, byte[] body) {
    var response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, status(reply.status()));
    HttpHeaders headers = headers(response, reply.contentType());
    if (cutByReset) {
      headers.setInt(HttpHeaderNames.CONTENT_LENGTH, body.length);
    } else {
      chunked(response);
    }
    channel.write(response);
    cut(body.length / 2, body);
  }

  private void cut(int length, byte[] bytes) {
    finished = true;
    ByteBuf part = Unpooled.wrappedBuffer(bytes, 0, length);
    channel
        .writeAndFlush(new DefaultHttpContent(part))
        .addListener(
            (ChannelFutureListener)
                future -> {
                  if (cutByReset) {
                    reset(channel);
                  } else {
                    channel.close();
                  }
                });
  }

  private HttpResponseStatus status(int code) {
    status = code;
    return HttpResponseStatus.valueOf(code);
  }

  private HttpHeaders headers(HttpResponse response, String contentType) {
    HttpHeaders headers = response.headers();
    ZonedDateTime now = ZonedDateTime.now(ZoneOffset.UTC);
    headers.set(HttpHeaderNames.DATE, DateTimeFormatter.RFC_1123_DATE_TIME.format(now));
    headers.set(HttpHeaderNames.SERVER, "uvicorn");
    if (!contentType.isEmpty()) {
      headers.set(HttpHeaderNames.CONTENT_TYPE, contentType);
    }
    headers.set(HttpHeaderNames.VARY, "Origin");
    if (!request.keepAlive) {
      headers.set(HttpHeaderNames.CONNECTION, "close");
    }
    return headers;
  }

  private static HttpResponse chunked(HttpResponse response) {
    response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, "chunked");
    return response;
  }
}
