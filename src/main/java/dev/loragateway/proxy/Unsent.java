package dev.loragateway.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http2.Http2StreamChannel;

/**
 * What was written to a client and has not left the gateway, and when the client last took of it.
 * Confined to the downstream event loop.
 */
final class Unsent {
  private long bytes;
  private long lastTaken = System.nanoTime();

  /** Looks anew. */
  void look(Channel channel, long now) {
    long waiting = channel instanceof Http2StreamChannel ? ofStream(channel) : ofSocket(channel);
    if (waiting < bytes || (bytes == 0 && waiting > 0)) {
      lastTaken = now;
    }
    bytes = waiting;
  }

  private static long ofSocket(Channel channel) {
    ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
    return waiting == null ? 0 : waiting.totalPendingWriteBytes();
  }

  /** The codec holds it, and tells how much it is only by what is missing to the marks. */
  private static long ofStream(Channel stream) {
    WriteBufferWaterMark marks = stream.config().getWriteBufferWaterMark();
    return stream.isWritable()
        ? marks.high() + 1 - stream.bytesBeforeUnwritable()
        : marks.low() - 1 + stream.bytesBeforeWritable();
  }

  /** Bytes that waited at the last look. */
  long bytes() {
    return bytes;
  }

  /** When less waited than at the look before, or something anew, in nanoseconds. */
  long lastTaken() {
    return lastTaken;
  }
}
