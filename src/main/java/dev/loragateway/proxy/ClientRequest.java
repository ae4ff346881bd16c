package dev.loragateway.proxy;

import dev.loragateway.access.Caller;
import dev.loragateway.openai.RequestFacts;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/**
 * One whole request. Immutable but for the body, which the exchange releases.
 *
 * @param head request line and headers
 * @param route where it goes
 * @param query from the question mark on, or empty
 * @param id the request id, the client's or a new one
 * @param body the collected body
 * @param facts what the body says; null for a request without one
 * @param caller who sent it; null where nobody needs to prove that
 * @param receivedAt when it was complete, in nanoseconds
 */
record ClientRequest(
    HttpRequest head,
    Route route,
    String query,
    String id,
    RequestBody body,
    @Nullable RequestFacts facts,
    @Nullable Caller caller,
    long receivedAt) {

  /** Returns whether who sent it may use the model, by the name that the servers know. */
  boolean mayUse(String model) {
    return caller == null || caller.mayUse(model);
  }

  /** Which of these headers the caller may see. */
  ProxySettings.Headers shown(ProxySettings.Headers headers) {
    return caller == null || caller.details() ? headers : headers.withoutDetails();
  }

  /** Whose stored responses it may be about. */
  String tenant() {
    return caller == null ? "" : caller.tenant();
  }

  boolean keepAlive() {
    return HttpUtil.isKeepAlive(head);
  }

  /** Returns whether the client cannot read chunks. */
  boolean http10() {
    return head.protocolVersion().equals(HttpVersion.HTTP_1_0);
  }

  /** The model asked for, or empty. */
  String model() {
    return facts == null ? "" : facts.model();
  }
}
