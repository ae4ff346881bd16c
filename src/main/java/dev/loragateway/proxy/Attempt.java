package dev.loragateway.proxy;

import dev.loragateway.model.Endpoint;
import dev.loragateway.openai.ApiShape;
import dev.loragateway.openai.ErrorBody;
import dev.loragateway.openai.ModelRewrite;
import dev.loragateway.openai.SseUsage;
import dev.loragateway.openai.StreamStart;
import dev.loragateway.registry.Dispatch;
import dev.loragateway.routing.Tier;
import dev.loragateway.upstream.ResponseListener;
import dev.loragateway.upstream.UpstreamConnection;
import dev.loragateway.upstream.UpstreamFailure;
import dev.loragateway.upstream.UpstreamPool;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One try of an exchange at one endpoint. Holds an answer's head back while it may still be thrown
 * away: a short answer's until it is whole, others' until the first piece of the body, a stream's
 * until its first event is whole. Confined to the downstream event loop.
 */
final class Attempt implements UpstreamPool.Acquired, ResponseListener {
  /** Longer answers and events are passed on as they come, in bytes. */
  private static final int MAX_HELD = 64 << 10;

  private static final HttpHeadersFactory HEADERS =
      DefaultHttpHeadersFactory.headersFactory().withValidation(false);

  private final Exchange exchange;
  private final Dispatch dispatch;
  private final Tier tier;
  private final SseUsage usage = new SseUsage();
  private final List<HttpContent> held = new ArrayList<>(0);
  private final long startedAt = System.nanoTime();
  private @Nullable UpstreamConnection connection;
  private @Nullable HttpResponse head;
  private boolean headHeld;
  private boolean judged;
  private int heldBytes;
  private boolean streamed;
  private int contents;
  private long firstByteAt;
  private long lastActivity = startedAt;

  Attempt(Exchange exchange, Dispatch dispatch, Tier tier) {
    this.exchange = exchange;
    this.dispatch = dispatch;
    this.tier = tier;
  }

  Endpoint endpoint() {
    return dispatch.state().endpoint();
  }

  Tier tier() {
    return tier;
  }

  long startedAt() {
    return startedAt;
  }

  long lastActivity() {
    return lastActivity;
  }

  boolean onReusedConnection() {
    return connection != null && connection.reused();
  }

  @Override
  public void connected(UpstreamConnection connection) {
    if (!exchange.isCurrent(this)) {
      connection.release();
      return;
    }
    this.connection = connection;
    connection.send(upstreamRequest(), this);
    exchange.sent();
  }

  @Override
  public void failed(Throwable cause) {
    if (exchange.isCurrent(this)) {
      exchange.unreachable(this, cause);
    }
  }

  private FullHttpRequest upstreamRequest() {
    ClientRequest request = exchange.request;
    ByteBuf body = body(request);
    FullHttpRequest upstream =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1,
            request.head().method(),
            request.route().path() + request.query(),
            body,
            HEADERS.newHeaders(),
            EmptyHttpHeaders.INSTANCE);
    HttpHeaders headers = upstream.headers();
    headers.set(HttpHeaderNames.HOST, endpoint().address());
    String key = endpoint().apiKey();
    HeaderRules.forward(request.head().headers(), headers, request.caller() == null && key == null);
    headers.set(HeaderRules.REQUEST_ID, request.id());
    if (body.isReadable() || request.facts() != null) {
      headers.setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
    }
    if (key != null) {
      headers.set(HttpHeaderNames.AUTHORIZATION, "Bearer " + key);
    }
    return upstream;
  }

  private ByteBuf body(ClientRequest request) {
    ByteBuf body = request.body().bytes();
    return request.facts() == null || exchange.target().equals(request.model())
        ? body.retainedDuplicate()
        : ModelRewrite.request(body, request.facts(), exchange.target(), body.alloc());
  }

  @Override
  public void head(HttpResponse response) {
    head = response;
    streamed = ResponseRelay.isEventStream(response);
    headHeld = true;
  }

  @Override
  public void content(HttpContent content) {
    HttpResponse response = head;
    if (!exchange.isCurrent(this) || response == null) {
      content.release();
    } else if (headHeld) {
      hold(response, content);
    } else {
      pass(content);
    }
  }

  /** Waits until the answer shows whether it is one that the client should get. */
  private void hold(HttpResponse response, HttpContent content) {
    held.add(content);
    heldBytes += content.content().readableBytes();
    boolean whole = content instanceof LastHttpContent;
    Finding finding = finding(response, whole);
    if (finding == Finding.OPEN && !whole && heldBytes <= MAX_HELD) {
      return;
    }
    if (goesElsewhere(response, finding)) {
      releaseHeld();
      if (!whole && connection != null) {
        connection.cancel();
      }
      return;
    }
    headHeld = false;
    commit(response);
    if (held.size() == 1) {
      pass(held.removeFirst());
      return;
    }
    List<HttpContent> pieces = List.copyOf(held);
    held.clear();
    pieces.forEach(this::pass);
  }

  /** What the beginning of an answer shows. */
  private enum Finding {
    OPEN,
    ANSWER,
    LOST,
    TURNED_AWAY,
    FAILED
  }

  private Finding finding(HttpResponse response, boolean whole) {
    int status = response.status().code();
    if (status == 404 && !streamed && exchange.request.facts() != null) {
      return !whole
          ? Finding.OPEN
          : ErrorBody.isModelNotFound(ByteBufUtil.getBytes(heldBody()))
              ? Finding.LOST
              : Finding.ANSWER;
    }
    if (exchange.turnsAway(status)) {
      return Finding.TURNED_AWAY;
    }
    if (!streamed) {
      return heldBytes == 0 || (!whole && isShort(response)) ? Finding.OPEN : Finding.ANSWER;
    }
    if (status != 200) {
      return heldBytes == 0 ? Finding.OPEN : Finding.ANSWER;
    }
    return switch (StreamStart.of(heldBody())) {
      case OPEN -> Finding.OPEN;
      case ANSWER -> Finding.ANSWER;
      case FAILED -> Finding.FAILED;
    };
  }

  /** One that is held until it is whole, so that one that breaks off can be had elsewhere. */
  private static boolean isShort(HttpResponse response) {
    long length = HttpUtil.getContentLength(response, -1L);
    return length < 0 ? isJson(response) : length <= MAX_HELD;
  }

  /** Of no use to anybody before it is whole. */
  private static boolean isJson(HttpResponse response) {
    String type = response.headers().get(HttpHeaderNames.CONTENT_TYPE);
    return type != null && type.regionMatches(true, 0, "application/json", 0, 16);
  }

  private boolean goesElsewhere(HttpResponse response, Finding finding) {
    return switch (finding) {
      case OPEN, ANSWER -> false;
      case LOST -> exchange.lost(this);
      case TURNED_AWAY -> fails("status_" + response.status().code());
      case FAILED -> fails("error_event");
    };
  }

  private void commit(HttpResponse response) {
    firstByteAt = System.nanoTime();
    exchange.firstByte();
    if (response.status().code() < 300 && contents >= unscheduledEvents()) {
      dispatch.answered();
    }
    exchange.relay.commit(response, this);
    exchange.request.body().release();
  }

  /**
   * Events that vLLM sends before its engine has scheduled the request: "created" and "in
   * progress".
   */
  private int unscheduledEvents() {
    return streamed && exchange.request.route().shape() == ApiShape.RESPONSES ? 2 : 0;
  }

  private boolean fails(String how) {
    judge(false);
    return exchange.turnedAway(this, how);
  }

  private ByteBuf heldBody() {
    if (held.size() == 1) {
      return held.getFirst().content();
    }
    return Unpooled.wrappedBuffer(
        held.stream().map(piece -> piece.content().duplicate()).toArray(ByteBuf[]::new));
  }

  private void releaseHeld() {
    held.forEach(ReferenceCountUtil::release);
    held.clear();
  }

  private void pass(HttpContent content) {
    contents++;
    boolean last = content instanceof LastHttpContent;
    if (exchange.relay.status() < 300 && (last || contents > unscheduledEvents())) {
      dispatch.answered();
    }
    exchange.relay.observe(content.content());
    if (last) {
      SseUsage.Usage counted = usage.usage(content.content());
      learn(counted);
      exchange.answered(this, exchange.relay.status(), counted);
      exchange.relay.last(content);
      return;
    }
    usage.add(content.content());
    if (!exchange.relay.content(content) && connection != null) {
      connection.pause();
    }
  }

  /** Whether the answer comes as events. */
  boolean streamed() {
    return streamed;
  }

  /** How many pieces of the answer went downstream, which in a stream is about a token each. */
  int pieces() {
    return contents;
  }

  /** Teaches the endpoint's times by an answer that went well. */
  private void learn(SseUsage.@Nullable Usage counted) {
    boolean timesTell = exchange.relay.status() < 300 && unscheduledEvents() == 0;
    if (!timesTell || !exchange.request.route().usesAdapter()) {
      return;
    }
    long counts = counted != null ? counted.output() : streamed ? contents : 0;
    int tokens = (int) Math.min(counts, Integer.MAX_VALUE);
    if (tokens < 1) {
      return;
    }
    double first = (firstByteAt - startedAt) / 1e6;
    double swap =
        streamed
            ? dispatch.streamed(first, (System.nanoTime() - firstByteAt) / 1e6, tokens)
            : dispatch.whole(first, tokens);
    if (!Double.isNaN(swap)) {
      exchange.context.listener.swapLearned(endpoint().pool(), endpoint().address(), swap);
    }
  }

  @Override
  public void readComplete() {
    lastActivity = System.nanoTime();
    exchange.relay.flush();
  }

  @Override
  public void failed(UpstreamFailure failure, Throwable cause) {
    if (exchange.isCurrent(this)) {
      UpstreamFailure reason =
          failure == UpstreamFailure.BROKEN && headHeld && held.isEmpty()
              ? UpstreamFailure.NO_RESPONSE
              : failure;
      exchange.failed(this, reason, cause);
    }
  }

  /** Returns whether the connection had been kept too long, which is not the endpoint's fault. */
  boolean stale(UpstreamFailure failure) {
    return failure == UpstreamFailure.NO_RESPONSE && onReusedConnection();
  }

  /** Tells the registry how the endpoint did; only the first word counts. */
  void judge(boolean well) {
    if (judged) {
      return;
    }
    judged = true;
    if (well) {
      dispatch.succeeded();
    } else {
      dispatch.failed();
    }
  }

  void resume() {
    if (connection != null) {
      lastActivity = System.nanoTime();
      connection.resume();
    }
  }

  /** Gives the attempt up: closes its connection, on which vLLM aborts the request. */
  void cancel() {
    if (connection != null) {
      connection.cancel();
    }
    end(false);
  }

  /**
   * Gives the place at the endpoint back; only the first call counts. A request that never got a
   * connection moved no adapter, and nor did one that the server refused.
   */
  void end(boolean refused) {
    releaseHeld();
    boolean first = (refused || connection == null) ? dispatch.refused() : dispatch.finished();
    if (first) {
      exchange.context.admission.freed(endpoint().pool());
    }
  }

  /**
   * Gives back a place that is of no use to those who wait: they are told of it once the registry
   * knows that the endpoint is down.
   */
  void endUnreachable() {
    dispatch.refused();
  }
}
