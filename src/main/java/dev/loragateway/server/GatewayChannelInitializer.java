package dev.loragateway.server;

import dev.loragateway.proxy.DownstreamHandler;
import dev.loragateway.proxy.ProxyContext;
import dev.loragateway.upstream.WriteCombiner;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;

/** The whole pipeline of a client connection. Thread-safe. */
final class GatewayChannelInitializer extends ChannelInitializer<Channel> {
  private static final int MAX_REQUEST_LINE = 8 << 10;
  private static final int MAX_HEADERS = 32 << 10;
  private static final int MAX_CHUNK = 64 << 10;

  private final ProxyContext context;

  GatewayChannelInitializer(ProxyContext context) {
    this.context = context;
  }

  @Override
  protected void initChannel(Channel channel) {
    channel
        .pipeline()
        .addLast(new WriteCombiner())
        .addLast(new StrictRequestDecoder())
        .addLast(new AnswerEncoder())
        .addLast(new DownstreamHandler(context));
  }

  /**
   * Refuses a request with both framings, on which two parsers could disagree (request smuggling).
   */
  private static final class StrictRequestDecoder extends HttpRequestDecoder {
    StrictRequestDecoder() {
      super(
          new HttpDecoderConfig()
              .setMaxInitialLineLength(MAX_REQUEST_LINE)
              .setMaxHeaderSize(MAX_HEADERS)
              .setMaxChunkSize(MAX_CHUNK));
    }

    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
      throw new IllegalArgumentException("both Transfer-Encoding and Content-Length");
    }
  }
}
