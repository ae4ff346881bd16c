package dev.loragateway.server;

import dev.loragateway.proxy.FrameWatch;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpScheme;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One stream of HTTP/2 as objects of HTTP/1.1, held to the rules that {@link StrictRequestDecoder}
 * has: what has no one meaning as a request of HTTP/1.1 is refused. Confined to the downstream
 * event loop.
 */
final class StrictStreamCodec extends Http2StreamFrameToHttpObjectCodec {
  private final FrameWatch watch;
  private boolean begun;

  /**
   * For one stream.
   *
   * @param watch of its connection, told of what is answered
   */
  StrictStreamCodec(FrameWatch watch) {
    super(true);
    this.watch = watch;
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, Http2StreamFrame frame, List<Object> out)
      throws Exception {
    Exception fault = null;
    if (frame instanceof Http2HeadersFrame block) {
      fault = begun ? ofTrailers(block.headers()) : ofHead(block.headers());
      begun = true;
    }
    try {
      super.decode(ctx, frame, out);
    } catch (IllegalArgumentException | NullPointerException e) {
      throw Http2Exception.streamError(
          frame.stream().id(), Http2Error.PROTOCOL_ERROR, e, "%s", e.getMessage());
    }
    if (fault != null && out.getLast() instanceof HttpObject object) {
      object.setDecoderResult(DecoderResult.failure(fault));
    }
  }

  private static @Nullable Exception ofHead(Http2Headers headers) {
    CharSequence path = headers.path();
    if (path != null && path.length() > StrictRequestDecoder.MAX_REQUEST_LINE) {
      return new TooLongHttpLineException();
    }
    String fault = ofTarget(headers, path == null ? "" : path.toString());
    if (fault == null && headers.getAll(HttpHeaderNames.HOST).size() > 1) {
      fault = "several Host headers";
    }
    if (fault == null && endInBlanks(headers)) {
      fault = "white space at the end of a header";
    }
    return fault == null ? null : new IllegalArgumentException(fault);
  }

  private static @Nullable String ofTarget(Http2Headers headers, String path) {
    if (headers.contains(Http2Headers.PseudoHeaderName.PROTOCOL.value())) {
      return ":protocol is not supported";
    }
    CharSequence scheme = headers.scheme();
    if (HttpMethod.CONNECT.asciiName().contentEquals(headers.method())) {
      return scheme == null && path.isEmpty() ? null : "CONNECT with :scheme or :path";
    }
    if (!HttpScheme.HTTP.name().contentEqualsIgnoreCase(scheme)
        && !HttpScheme.HTTPS.name().contentEqualsIgnoreCase(scheme)) {
      return ":scheme is neither http nor https";
    }
    boolean aboutServer =
        HttpMethod.OPTIONS.asciiName().contentEquals(headers.method()) && path.equals("*");
    return path.startsWith("/") || aboutServer ? null : ":path is not a path";
  }

  private static boolean endInBlanks(Http2Headers headers) {
    for (Map.Entry<CharSequence, CharSequence> header : headers) {
      CharSequence value = header.getValue();
      char last = value.isEmpty() ? 'x' : value.charAt(value.length() - 1);
      if (last == ' ' || last == '\t') {
        return true;
      }
    }
    return false;
  }

  private static @Nullable Exception ofTrailers(Http2Headers trailers) {
    return trailers.contains(HttpHeaderNames.CONTENT_LENGTH)
        ? new IllegalArgumentException("a trailer that can only be a header")
        : null;
  }

  @Override
  protected void encode(ChannelHandlerContext ctx, HttpObject answer, List<Object> out)
      throws Exception {
    watch.answered(answer instanceof HttpContent piece ? piece.content().readableBytes() : 0);
    super.encode(ctx, answer, out);
  }
}
