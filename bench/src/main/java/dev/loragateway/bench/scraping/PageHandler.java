package dev.loragateway.bench.scraping;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;

/** One connection to a stand-in. Confined to the event loop. */
final class PageHandler extends SimpleChannelInboundHandler<HttpObject> {
  private final PageAnswers answers;
  private String path = "";

  PageHandler(PageAnswers answers) {
    this.answers = answers;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
    if (message instanceof HttpRequest request) {
      path = request.uri();
    }
    if (message instanceof LastHttpContent) {
      PageAnswers.Encoded answer = answers.get(path);
      context.writeAndFlush(answer.head().duplicate(), context.voidPromise());
      if (answer.body().isReadable()) {
        context.writeAndFlush(answer.body().duplicate(), context.voidPromise());
      }
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }
}
