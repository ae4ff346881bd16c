package dev.loragateway.server;

import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Settings;

/**
 * Makes the codec of a client connection that speaks HTTP/2, with the limits that Netty has; most
 * are its defaults, written down so that they stay. Confined to the downstream event loop.
 */
final class StrictCodecBuilder extends Http2FrameCodecBuilder {
  /** Envoy's advice for the edge. */
  static final int MAX_STREAMS = 100;

  /** A proxy in front brings many clients on one connection, who may all give up. */
  private static final int MAX_RESETS = 1_000;

  /** That the client makes the gateway do, by mistakes. */
  private static final int MAX_PROVOKED_RESETS = 200;

  private static final int RESETS_SECONDS = 30;

  /** Answers to pings, settings and errors that the client does not take. */
  private static final int MAX_QUEUED_CONTROL_FRAMES = 10_000;

  private static final int MAX_EMPTY_FRAMES = 2;
  private static final int MAX_SMALL_CONTINUATIONS = 16;

  /**
   * Sets the limits.
   *
   * @param maxHeaders how long the headers of a request may be, as RFC 9113, section 6.5.2, counts
   */
  StrictCodecBuilder(int maxHeaders) {
    initialSettings(
        Http2Settings.defaultSettings()
            .maxConcurrentStreams(MAX_STREAMS)
            .maxHeaderListSize(maxHeaders));
    validateRequiredPseudoHeaders(true);
    decoderEnforceMaxRstFramesPerWindow(MAX_RESETS, RESETS_SECONDS);
    encoderEnforceMaxRstFramesPerWindow(MAX_PROVOKED_RESETS, RESETS_SECONDS);
    encoderEnforceMaxQueuedControlFrames(MAX_QUEUED_CONTROL_FRAMES);
    decoderEnforceMaxConsecutiveEmptyDataFrames(MAX_EMPTY_FRAMES);
    decoderEnforceMaxSmallContinuationFrames(MAX_SMALL_CONTINUATIONS);
    gracefulShutdownTimeoutMillis(0);
  }

  @Override
  protected Http2FrameCodec build(
      Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
    return super.build(new StrictConnectionDecoder(decoder), encoder, settings);
  }
}
