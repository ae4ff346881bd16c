package dev.loragateway.upstream;

import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;

/**
 * Takes one answer of a model server, on the event loop of the connection: one head, contents up to
 * and including a {@code LastHttpContent}, or at any point one failure, and nothing after either.
 */
public interface ResponseListener {
  /** The status line and headers of the final answer; interim answers are not shown. */
  void head(HttpResponse head);

  /** A piece of the body, which the callee releases. */
  void content(HttpContent content);

  /** All that had arrived was passed on. */
  void readComplete();

  /** The exchange is over without an end of the answer. */
  void failed(UpstreamFailure failure, Throwable cause);
}
