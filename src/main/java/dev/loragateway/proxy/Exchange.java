package dev.loragateway.proxy;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.GatewayError;
import dev.loragateway.openai.RequestFacts;
import dev.loragateway.openai.SseUsage;
import dev.loragateway.registry.Dispatch;
import dev.loragateway.registry.Hashing;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RegistrySnapshot;
import dev.loragateway.registry.RoutingSettings;
import dev.loragateway.routing.Explanation;
import dev.loragateway.routing.Pick;
import dev.loragateway.routing.PickRequest;
import dev.loragateway.routing.Tier;
import dev.loragateway.upstream.UpstreamFailure;
import dev.loragateway.upstream.UpstreamPool;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way: picks an endpoint, sends it there, tries again elsewhere while nothing
 * has gone downstream, and ends exactly once. Confined to the downstream event loop.
 */
/*
 * An Attempt is one try at one endpoint. Only the current attempt is heard; what an older one still
 * says is ignored, and its connection is closed or given back by itself. Each end (answered, failed,
 * timed out, client gone) goes through `finish`, which releases the place at the endpoint, the body and
 * the retry budget, reports once, and lets the connection take its next request.
 */
final class Exchange {
  /** The status that reports use when the client left first, after nginx. */
  private static final int CLIENT_LEFT = 499;

  /**
   * Until the registry has certainly taken in that an endpoint is down or lost a model, in
   * nanoseconds. A request may wait for whoever gets the model next, and that may be the same one.
   */
  private static final long LOSS_SHOWS = TimeUnit.MILLISECONDS.toNanos(50);

  final ProxyContext context;
  final ClientRequest request;
  final ResponseRelay relay;
  final QueueWait queue;
  final Quota quota;
  private final DownstreamHandler connection;
  private final ChannelHandlerContext ctx;
  private final UpstreamPool upstream;
  private final ProxySettings settings;
  private final RetryPolicy retries;
  private final ExchangeTimes times;
  private final long dice;
  private @Nullable Destination destination;
  private @Nullable Attempt attempt;
  private @Nullable UpstreamFailure lastFailure;
  private @Nullable Explanation explanation;
  private @Nullable GatewayError error;
  private boolean refreshed;
  private boolean fresh;
  private boolean unknownName;
  private boolean over;

  Exchange(
      ProxyContext context,
      DownstreamHandler connection,
      ChannelHandlerContext ctx,
      UpstreamPool upstream,
      ClientRequest request) {
    this.context = context;
    this.connection = connection;
    this.ctx = ctx;
    this.upstream = upstream;
    this.request = request;
    this.settings = context.settings.get();
    this.retries = new RetryPolicy(context.retries, settings.retries());
    this.times = new ExchangeTimes(request.receivedAt(), settings.timeouts().answer());
    this.dice = dice(request);
    this.relay = new ResponseRelay(this, ctx, settings);
    this.queue = new QueueWait(context, ctx.channel().eventLoop(), this::settle);
    this.quota =
        new Quota(
            context.limiter,
            request.caller(),
            request.body().bytes().readableBytes(),
            expectedTokens(request.facts()));
  }

  /** A session stays with one of the models that a name stands for. */
  private static long dice(ClientRequest request) {
    String session = HeaderRules.session(request.head().headers());
    String user = request.facts() == null ? null : request.facts().user();
    String stays = session != null ? session : user;
    return stays != null ? Hashing.of(stays) : ThreadLocalRandom.current().nextLong();
  }

  private static long expectedTokens(@Nullable RequestFacts facts) {
    if (facts == null) {
      return 0;
    }
    return facts.maxTokens() >= 0 ? facts.maxTokens() : RoutingSettings.DEFAULTS.outputTokens();
  }

  void start() {
    route();
  }

  /** Picks an endpoint on one snapshot, and sends the request there. */
  private void route() {
    RegistrySnapshot snapshot = context.registry.snapshot();
    RequestFacts facts = request.facts();
    if (facts == null) {
      routeToMaker(snapshot, request.route().id());
    } else {
      routeByModel(snapshot, facts);
    }
  }

  /** A request about a stored response goes to the server that has it. */
  private void routeToMaker(RegistrySnapshot snapshot, String responseId) {
    Destination found =
        Destination.ofResponse(responseId, snapshot, context.responses, request.tenant());
    if (found == null) {
      reject(Rejection.unknownResponse(responseId));
      return;
    }
    destination = found;
    pick(found);
  }

  private void routeByModel(RegistrySnapshot snapshot, RequestFacts facts) {
    String model = facts.model();
    Destination found =
        Destination.ofModel(facts, dice, snapshot, context.responses, request.tenant());
    if (!request.mayUse(found == null ? model : found.adapter())) {
      unknownName = true;
      reject(Rejection.unknownModel(model));
      return;
    }
    destination = found;
    if (found == null) {
      unknown(model);
    } else if (found.leftToResolver() && (found.escapes() || context.unknown.contains(model))) {
      refuseUnknown(model);
    } else if (facts.previousResponseId() != null
        && found.maker() == null
        && request.caller() != null) {
      reject(Rejection.unknownResponse(facts.previousResponseId()));
    } else {
      pick(found);
    }
  }

  private void pick(Destination to) {
    times.bound(settings.timeouts().answer(to.pool().name(), request.route().path()));
    String fault = queue.read(request, to.adapter(), to.pool().settings().queue());
    if (fault != null) {
      reject(new Rejection(GatewayError.BAD_REQUEST, fault));
      return;
    }
    long bytes = request.body().bytes().readableBytes();
    Rejection refusal = refusal(to, bytes);
    if (refusal != null) {
      reject(refusal);
      return;
    }
    PickRequest wanted = to.pickRequest(request, retries.tried(), retries.attempts() > 0);
    if (explains()) {
      explanation = context.admission.explain(wanted, to.pool());
    }
    settle(context.admission.admit(queue.request(wanted, bytes), to.pool()));
  }

  private boolean explains() {
    return request.head().headers().contains(HeaderRules.EXPLAIN, "1", false)
        && request.shown(settings.headers()).explain();
  }

  /** Tells the client of the decision, if it asked for that. */
  void explain(HttpHeaders headers) {
    if (explanation != null) {
      headers.set(HeaderRules.EXPLAIN, ExplainHeader.of(explanation));
    }
  }

  /** Why the gateway does not take the request, or null; who was taken once stays. */
  private @Nullable Rejection refusal(Destination to, long bytes) {
    if (retries.attempts() > 0) {
      return null;
    }
    Rejection shed =
        context.overload.refuses(queue.priority(), to.pool().settings().queue(), bytes);
    return shed == null ? quota.take() : shed;
  }

  private void settle(Pick pick) {
    switch (pick) {
      case Pick.Chosen chosen -> begin(chosen);
      case Pick.Queued place -> queue.begin(place);
      case Pick.UnknownModel _ -> notThere();
      case Pick.NoneReady _, Pick.NotLoaded _ -> noneReady();
      case Pick.Saturated _, Pick.NoRoom _ -> reject(Rejection.saturated(request.model()));
      case Pick.QueueFull full -> reject(Rejection.queueFull(request.model(), full));
      case Pick.TooLate late -> reject(Rejection.tooLate(request.model(), late, queue.waited()));
    }
  }

  private void begin(Pick.Chosen chosen) {
    retries.attempted();
    Dispatch dispatch = chosen.dispatch();
    Attempt next = new Attempt(this, dispatch, chosen.tier());
    attempt = next;
    Endpoint endpoint = dispatch.state().endpoint();
    context.listener.dispatched(endpoint.pool(), endpoint.address(), chosen.tier(), queue.waited());
    upstream.acquire(endpoint, fresh, next);
  }

  private void notThere() {
    if (standsForAnother(named())) {
      route();
    } else {
      unknown(request.model());
    }
  }

  /** Who waited may find that the name was taken away meanwhile. */
  private void noneReady() {
    PoolSnapshot now = named();
    if (standsForAnother(now)) {
      route();
    } else if (now == null && request.facts() != null) {
      unknown(request.model());
    } else {
      reject(Rejection.noneReady(request.model(), lastFailure));
    }
  }

  /** The pool that serves the model asked for now; null when none does, or none was asked for. */
  private @Nullable PoolSnapshot named() {
    return destination == null || request.facts() == null
        ? null
        : context.registry.snapshot().pool(request.model());
  }

  /** Whether the control plane has put another revision in the place of the one asked for. */
  private boolean standsForAnother(@Nullable PoolSnapshot now) {
    return now != null && !now.variant(request.model(), dice).model().equals(target());
  }

  /** A name known nowhere: asks the servers once, then refuses it. */
  private void unknown(String model) {
    if (refreshed || retries.attempts() > 0 || context.unknown.contains(model)) {
      refuseUnknown(model);
      return;
    }
    refreshed = true;
    context
        .refresh
        .refresh()
        .whenComplete((done, error) -> ctx.channel().eventLoop().execute(this::routeAgain));
  }

  private void refuseUnknown(String model) {
    if (!context.registry.snapshot().ready()) {
      reject(Rejection.notKnownYet(model));
      return;
    }
    context.unknown.add(model);
    unknownName = true;
    reject(Rejection.unknownModel(model));
  }

  /** Answers with an error of the gateway's own; nothing has gone downstream yet. */
  private void reject(Rejection why) {
    if (over) {
      return;
    }
    context.listener.rejected(why.error());
    error = why.error();
    boolean keepAlive = request.keepAlive() && !context.draining();
    finish(why.error().status(), null);
    FullHttpResponse answer =
        Answers.error(request.route().shape(), why.error(), why.message(), why.retryAfter());
    if (settings.headers().rateLimit()) {
      quota.show(answer.headers());
    }
    explain(answer.headers());
    ChannelFuture written =
        Answers.send(ctx, answer, settings.headers().requestId() ? request.id() : null, keepAlive);
    endsWith(written);
    connection.exchangeOver(keepAlive);
  }

  /** The name of the model upstream. */
  String target() {
    return destination == null ? "" : destination.model();
  }

  /** How the model is called upstream and by the client; null when both call it the same. */
  @Nullable RenamedModel renamed() {
    if (destination == null) {
      return null;
    }
    return request.facts() == null
        ? context.responses.renamed(request.tenant(), request.route().id())
        : destination.renamed(request.model());
  }

  int attempts() {
    return retries.attempts();
  }

  /** Returns whether what this attempt says still counts. */
  boolean isCurrent(Attempt asking) {
    return !over && attempt == asking;
  }

  void sent() {
    times.sent(queue.nanos());
  }

  void firstByte() {
    times.answered();
  }

  /** No connection could be made: the endpoint is down until a probe says otherwise. */
  void unreachable(Attempt failed, Throwable cause) {
    Endpoint endpoint = failed.endpoint();
    if (UpstreamFailure.isOfEndpoint(cause)) {
      failed.endUnreachable();
      context.registry.unreachable(endpoint);
      context.refresh.probe(endpoint);
    }
    failed(failed, UpstreamFailure.CONNECT, cause);
  }

  /** The current attempt failed: tries again if that is allowed, else tells the client. */
  void failed(Attempt failed, UpstreamFailure failure, Throwable cause) {
    if (failure != UpstreamFailure.CONNECT && !failed.stale(failure)) {
      failed.judge(false);
    }
    failed.end(false);
    lastFailure = failure;
    if (relay.committed()) {
      breakOff(GatewayError.UPSTREAM_FAILED, "the model server broke off its answer");
    } else if (destination != null && retries.allows(failure, destination.pool())) {
      retry(failed, failure.label());
    } else {
      reject(
          request.caller() == null || request.caller().details()
              ? Rejection.upstreamFailed(failed.endpoint().address(), cause)
              : Rejection.noneReady(request.model(), failure));
    }
  }

  private void retry(Attempt failed, String reason) {
    context.listener.retried(reason);
    String address = failed.endpoint().address();
    boolean alone = !servedElsewhere(address);
    boolean waits = alone && destination != null && destination.expected();
    if (waits) {
      retries.forgive();
    }
    if (waits || (alone && failed.onReusedConnection())) {
      fresh = true;
    } else {
      retries.exclude(address);
    }
    attempt = null;
    long pause = Math.max(retries.pause(ThreadLocalRandom.current()), waits ? LOSS_SHOWS : 0);
    if (pause == 0) {
      route();
    } else {
      ctx.channel().eventLoop().schedule(this::routeAgain, pause, TimeUnit.NANOSECONDS);
    }
  }

  /** The client may have left, or the time may be up, since this was scheduled. */
  private void routeAgain() {
    if (!over) {
      route();
    }
  }

  /**
   * A kept connection that had gone stale is no reason to give up when no other endpoint serves the
   * model.
   */
  private boolean servedElsewhere(String address) {
    return destination != null && retries.servedElsewhere(destination, address);
  }

  /**
   * The endpoint does not know the model.
   *
   * @return whether the request goes elsewhere; if not, the answer is the client's
   */
  boolean lost(Attempt failed) {
    context.registry.lost(failed.endpoint(), target());
    if (destination == null) {
      return false;
    }
    if (destination.leftToResolver()) {
      context.unknown.add(request.model());
      unknownName = true;
      return false;
    }
    if (destination.expected() && retries.allows(destination.pool())) {
      failed.end(true);
      retry(failed, "model_not_found");
      return true;
    }
    return turnedAway(failed, "model_not_found");
  }

  /** Returns whether a server that answers so has not taken the request. */
  boolean turnsAway(int status) {
    return status >= 400 && settings.retries().statuses().contains(status);
  }

  /**
   * The endpoint did not take the request, or failed before the first byte of an answer.
   *
   * @return whether the request goes elsewhere; if not, the answer is the client's
   */
  boolean turnedAway(Attempt by, String reason) {
    if (destination == null
        || !servedElsewhere(by.endpoint().address())
        || !retries.allows(destination.pool())) {
      return false;
    }
    by.end(true);
    retry(by, reason);
    return true;
  }

  /** The answer is complete but for its last piece, which the caller sends after this. */
  void answered(Attempt done, int status, SseUsage.@Nullable Usage usage) {
    done.judge(status < 500);
    done.end(status >= 400 && status < 500);
    finish(status, usage);
  }

  /** The last piece was written. */
  void relayed(ChannelFuture written, boolean keepAlive) {
    endsWith(written);
    connection.exchangeOver(keepAlive);
  }

  /** Ends an answer that had begun, so that the client cannot take it for a whole one. */
  private void breakOff(GatewayError why, String message) {
    context.listener.rejected(why);
    error = why;
    finish(why.status(), null);
    endsWith(relay.breakOff(why, message));
    connection.exchangeOver(false);
  }

  void clientLeft() {
    if (!over) {
      if (attempt != null) {
        attempt.cancel();
      }
      finish(CLIENT_LEFT, null);
      context.active.decrementAndGet();
    }
  }

  /** The client took what was written: more can come. */
  void clientReads() {
    if (attempt != null) {
      attempt.resume();
    }
  }

  /** Checks the timeouts; {@code lastSent} is when the client last took something. */
  void checkDeadlines(long now, long lastSent) {
    if (over) {
      return;
    }
    Rejection late = times.late(now, attempt, relay.committed(), lastSent);
    if (late == null) {
      return;
    }
    if (attempt != null && late.error() == GatewayError.FIRST_BYTE_TIMEOUT) {
      attempt.judge(false);
    }
    giveUp(late);
  }

  /** The gateway stops. */
  void end() {
    if (!over) {
      giveUp(new Rejection(GatewayError.SHUTTING_DOWN, Rejection.SHUTTING_DOWN));
    }
  }

  /** Cancels the attempt under way and tells the client, in the way that is still possible. */
  private void giveUp(Rejection why) {
    if (attempt != null) {
      attempt.cancel();
    }
    if (relay.committed()) {
      breakOff(why.error(), why.message());
    } else {
      reject(why);
    }
  }

  /**
   * The request stays active until its answer has left the gateway, for whose end a drain waits.
   */
  private void endsWith(ChannelFuture written) {
    written.addListener(left -> context.active.decrementAndGet());
  }

  /** Returns whether a server may have worked for the request, as far as can be told. */
  private boolean worked(int status) {
    boolean sent = times.overhead() >= 0;
    boolean givenUp = status == CLIENT_LEFT || status == GatewayError.FIRST_BYTE_TIMEOUT.status();
    return relay.committed() ? relay.status() < 400 : sent && givenUp;
  }

  private void finish(int status, SseUsage.@Nullable Usage usage) {
    over = true;
    if (attempt != null) {
      attempt.end(false);
    }
    queue.end();
    quota.settle(usage, attempt == null ? 0 : attempt.pieces(), worked(status));
    request.body().release();
    retries.end();
    context.listener.finished(
        new ExchangeReport(
            destination == null ? null : destination.pool().name(),
            destination == null || unknownName ? null : destination.adapter(),
            status,
            retries.attempts(),
            queue.waited() ? queue.nanos() : -1,
            times.overhead(),
            times.firstByte(),
            times.sinceReceived(),
            usage == null ? -1 : usage.input(),
            usage == null ? -1 : usage.output(),
            attempt != null && attempt.streamed(),
            asked(),
            attempt == null ? null : attempt.endpoint().address(),
            attempt == null ? null : queue.waited() ? Tier.QUEUE : attempt.tier(),
            error));
  }

  private ExchangeReport.Asked asked() {
    return new ExchangeReport.Asked(
        request.id(),
        request.head().method().name(),
        request.route().path(),
        request.model(),
        request.caller() == null ? null : request.caller().name());
  }
}
