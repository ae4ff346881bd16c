package dev.loragateway.proxy;

import dev.loragateway.model.GatewayError;
import dev.loragateway.openai.ApiShape;
import dev.loragateway.openai.ErrorBody;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Answers of the gateway's own: JSON with a length. Stateless. */
final class Answers {
  private Answers() {}

  static FullHttpResponse json(int status, byte[] body) {
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), Unpooled.wrappedBuffer(body));
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON)
        .setInt(HttpHeaderNames.CONTENT_LENGTH, body.length);
    return response;
  }

  /** An error in the client's shape, with what its SDK should know about trying again. */
  static FullHttpResponse error(ApiShape shape, GatewayError error, String message) {
    return error(shape, error, message, Duration.ZERO);
  }

  /**
   * The same, with the time after which trying again may help; SDKs are told 1 to 60 s, since above
   * that some of them do not wait or do not try.
   */
  static FullHttpResponse error(
      ApiShape shape, GatewayError error, String message, Duration retryAfter) {
    FullHttpResponse response = json(error.status(), ErrorBody.json(shape, error, message));
    if (error == GatewayError.INVALID_API_KEY) {
      response.headers().set(HttpHeaderNames.WWW_AUTHENTICATE, "Bearer");
    }
    switch (error.retry()) {
      case NO -> response.headers().set(HeaderRules.SHOULD_RETRY, "false");
      case AFTER_ONE_SECOND ->
          response
              .headers()
              .set(HeaderRules.SHOULD_RETRY, "true")
              .set(
                  HttpHeaderNames.RETRY_AFTER,
                  Long.toString((retryMillis(retryAfter) + 999) / 1000))
              .set(HeaderRules.RETRY_AFTER_MS, Long.toString(retryMillis(retryAfter)));
      case DEFAULT -> {}
    }
    return response;
  }

  private static long retryMillis(Duration retryAfter) {
    return Math.clamp(retryAfter.toMillis(), 1000, 60_000);
  }

  /**
   * Writes a whole answer, and closes the connection after it unless {@code keepAlive}.
   *
   * @return completes when the answer has left the gateway
   */
  static ChannelFuture send(
      ChannelHandlerContext ctx,
      FullHttpResponse response,
      @Nullable String requestId,
      boolean keepAlive) {
    if (requestId != null) {
      response.headers().set(HeaderRules.REQUEST_ID, requestId);
    }
    response
        .headers()
        .set(
            HttpHeaderNames.CONNECTION,
            keepAlive ? HttpHeaderValues.KEEP_ALIVE : HttpHeaderValues.CLOSE);
    ChannelFuture written = ctx.writeAndFlush(response);
    if (!keepAlive) {
      written.addListener(ChannelFutureListener.CLOSE);
    }
    return written;
  }
}
