package dev.loragateway.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DecoratingHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.List;

/**
 * Tells frames that come too late from those that should not come, which Netty does not: what a
 * client had sent before it knew of a reset is ignored, also behind headers that were refused, and
 * a client that goes on with a stream that it has ended has lost its count. Confined to the
 * downstream event loop.
 */
final class StrictConnectionDecoder extends DecoratingHttp2ConnectionDecoder {
  /** As many as may be open at once. */
  private final int[] lastReset = new int[StrictCodecBuilder.MAX_STREAMS];

  private int next;
  private boolean failed;

  /** Stands in front of the decoder of one connection. */
  StrictConnectionDecoder(Http2ConnectionDecoder decoder) {
    super(decoder);
    decoder
        .connection()
        .addListener(
            new Http2ConnectionAdapter() {
              @Override
              public void onStreamClosed(Http2Stream stream) {
                if (stream.isResetSent()) {
                  lastReset[next] = stream.id();
                  next = (next + 1) % lastReset.length;
                }
              }
            });
  }

  @Override
  public void decodeFrame(ChannelHandlerContext ctx, ByteBuf in, List<Object> out)
      throws Http2Exception {
    if (failed) {
      in.skipBytes(in.readableBytes());
      return;
    }
    try {
      super.decodeFrame(ctx, in, out);
    } catch (Http2Exception.HeaderListSizeException e) {
      throw e;
    } catch (Http2Exception.StreamException e) {
      Http2Stream stream = connection().stream(e.streamId());
      if (stream == null) {
        withoutStream(e);
      } else {
        throw stream.state() == Http2Stream.State.HALF_CLOSED_REMOTE && isOfHeaders(e)
            ? Http2Exception.streamError(stream.id(), Http2Error.STREAM_CLOSED, e, "it has ended")
            : e;
      }
    }
  }

  /** Netty has the same code for headers behind trailers and behind the end. */
  private static boolean isOfHeaders(Http2Exception.StreamException error) {
    return error.error() == Http2Error.PROTOCOL_ERROR
        && String.valueOf(error.getMessage()).contains("received too many headers");
  }

  private void withoutStream(Http2Exception.StreamException error) throws Http2Exception {
    int id = error.streamId();
    if (!connection().streamMayHaveExisted(id)) {
      open(id);
      throw error;
    }
    if (error.error() != Http2Error.STREAM_CLOSED) {
      throw error;
    }
    if (!wasReset(id)) {
      failed = true;
      throw Http2Exception.connectionError(Http2Error.STREAM_CLOSED, "stream %d is over", id);
    }
  }

  /** Only to be reset, so that what follows on it is known to be late; also beyond the limit. */
  private void open(int id) throws Http2Exception {
    Http2Connection.Endpoint<?> client = connection().remote();
    int limit = client.maxActiveStreams();
    client.maxActiveStreams(Integer.MAX_VALUE);
    try {
      client.createStream(id, false);
    } finally {
      client.maxActiveStreams(limit);
    }
  }

  private boolean wasReset(int id) {
    for (int reset : lastReset) {
      if (reset == id) {
        return true;
      }
    }
    return false;
  }
}
