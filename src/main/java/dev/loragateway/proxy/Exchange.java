package dev.loragateway.proxy;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.GatewayError;
import dev.loragateway.openai.RequestFacts;
import dev.loragateway.openai.SseUsage;
import dev.loragateway.registry.Dispatch;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.QueueSettings;
import dev.loragateway.registry.RegistrySnapshot;
import dev.loragateway.routing.Pick;
import dev.loragateway.routing.PickRequest;
import dev.loragateway.upstream.UpstreamFailure;
import dev.loragateway.upstream.UpstreamPool;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.time.Duration;
import javax.net.ssl.SSLException;
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

  final ProxyContext context;
  final ClientRequest request;
  final ResponseRelay relay;
  final QueueWait queue;
  private final DownstreamHandler connection;
  private final ChannelHandlerContext ctx;
  private final UpstreamPool upstream;
  private final ProxySettings settings;
  private final RetryPolicy retries;
  private String target = "";
  private @Nullable PoolSnapshot pool;
  private @Nullable Attempt attempt;
  private @Nullable UpstreamFailure lastFailure;
  private boolean refreshed;
  private boolean fresh;
  private boolean unknownName;
  private boolean pinned;
  private long overhead = -1;
  private long firstByte = -1;
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
    this.relay = new ResponseRelay(this, ctx, settings);
    this.queue = new QueueWait(context, ctx.channel().eventLoop(), this::settle);
  }

  void start() {
    route();
  }

  /** The name of the model upstream. */
  String target() {
    return target;
  }

  int attempts() {
    return retries.attempts();
  }

  static String unknownModel(String model) {
    return "The model `" + model + "` does not exist or you do not have access to it.";
  }

  /** Picks an endpoint on one snapshot, and sends the request there. */
  private void route() {
    RegistrySnapshot snapshot = context.registry.snapshot();
    if (request.facts() == null) {
      routeToMaker(snapshot);
      return;
    }
    String model = request.model();
    pool = snapshot.pool(model);
    if (pool == null) {
      unknown(model);
      return;
    }
    target = pool.settings().aliases().getOrDefault(model, model);
    if (!target.equals(model) && request.facts().modelOffset() < 0) {
      reject(
          GatewayError.INVALID_MODEL,
          "`" + model + "` is an alias, which a form cannot name (expected: `" + target + "`)");
      return;
    }
    if (leftToResolver(pool) && context.unknown.contains(model)) {
      refuseUnknown(model);
      return;
    }
    pick(pool, pickRequest(request.facts()));
  }

  /**
   * Returns whether no server lists the name, so that it may or may not be one that a server can
   * load.
   */
  private boolean leftToResolver(PoolSnapshot from) {
    return from.settings().resolver()
        && from.adapter(target) == null
        && !from.baseNames().contains(target);
  }

  private PickRequest pickRequest(RequestFacts facts) {
    String session = HeaderRules.session(request.head().headers());
    String previous = facts.previousResponseId();
    String maker = previous == null ? null : context.responses.endpoint(previous);
    pinned = known(maker);
    return new PickRequest(
        target,
        request.route().usesAdapter(),
        session != null ? session : facts.user(),
        pinned ? maker : null,
        facts.promptHash(),
        retries.tried());
  }

  private boolean known(@Nullable String address) {
    return pool != null && address != null && at(pool, address) != null;
  }

  private static @Nullable EndpointState at(PoolSnapshot pool, String address) {
    for (EndpointState state : pool.endpoints()) {
      if (state.endpoint().address().equals(address)) {
        return state;
      }
    }
    return null;
  }

  /** A request about a stored response goes to the server that has it. */
  private void routeToMaker(RegistrySnapshot snapshot) {
    String maker = context.responses.endpoint(request.route().id());
    for (PoolSnapshot candidate : snapshot.pools()) {
      if (maker != null && at(candidate, maker) != null) {
        pool = candidate;
        pinned = true;
        target = candidate.settings().baseModel();
        pick(candidate, new PickRequest(target, false, null, maker, 0, retries.tried()));
        return;
      }
    }
    reject(
        GatewayError.RESPONSE_NOT_FOUND,
        "Response with id '" + request.route().id() + "' not found.");
  }

  private void pick(PoolSnapshot from, PickRequest wanted) {
    QueueSettings waiting = from.settings().queue();
    String fault = QueueWait.fault(request.head().headers(), waiting);
    if (fault != null) {
      reject(GatewayError.BAD_REQUEST, fault);
      return;
    }
    settle(context.admission.admit(queue.terms(wanted, request, waiting), from));
  }

  private void settle(Pick pick) {
    switch (pick) {
      case Pick.Chosen chosen -> begin(chosen);
      case Pick.Queued place -> queue.begin(place);
      case Pick.UnknownModel _ -> unknown(request.model());
      case Pick.NoneReady _ -> noneReady();
      case Pick.Saturated _, Pick.NoRoom _ ->
          reject(GatewayError.SATURATED, saturated() + ", try again");
      case Pick.QueueFull full ->
          reject(GatewayError.SATURATED, saturated() + ", the queue is full", full.retryAfter());
      case Pick.TooLate late -> {
        String wait = queue.waited() ? ", no place came free in time" : ", the wait is too long";
        reject(GatewayError.QUEUE_TIMEOUT, saturated() + wait, late.expected());
      }
    }
  }

  private String saturated() {
    return "Every endpoint that serves `" + request.model() + "` is saturated";
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
        .whenComplete((done, error) -> ctx.channel().eventLoop().execute(this::afterRefresh));
  }

  private void afterRefresh() {
    if (!over) {
      route();
    }
  }

  /** Before every pool has told its models, a name that is not known may still turn out to be. */
  private void refuseUnknown(String model) {
    if (!context.registry.snapshot().ready()) {
      reject(
          GatewayError.NO_ENDPOINT_READY,
          "`" + model + "` is not known yet: a pool was not scraped so far, try again");
      return;
    }
    context.unknown.add(model);
    unknownName = true;
    reject(GatewayError.MODEL_NOT_FOUND, unknownModel(model));
  }

  private void noneReady() {
    if (lastFailure != null) {
      reject(
          GatewayError.UPSTREAM_FAILED,
          "No endpoint of `" + request.model() + "` answered (" + lastFailure.label() + ")");
    } else {
      reject(
          GatewayError.NO_ENDPOINT_READY,
          "No endpoint that serves `" + request.model() + "` is up, try again");
    }
  }

  /** Answers with an error of the gateway's own; nothing has gone downstream yet. */
  private void reject(GatewayError error, String message) {
    reject(error, message, Duration.ZERO);
  }

  private void reject(GatewayError error, String message, Duration retryAfter) {
    if (over) {
      return;
    }
    context.listener.rejected(error);
    boolean keepAlive = request.keepAlive() && !context.draining();
    finish(error.status(), null);
    ChannelFuture written =
        Answers.send(
            ctx,
            Answers.error(request.route().shape(), error, message, retryAfter),
            settings.headers().requestId() ? request.id() : null,
            keepAlive);
    endsWith(written);
    connection.exchangeOver(keepAlive);
  }

  /** Returns whether what this attempt says still counts. */
  boolean isCurrent(Attempt asking) {
    return !over && attempt == asking;
  }

  void sent() {
    if (overhead < 0) {
      overhead = System.nanoTime() - request.receivedAt() - queue.nanos();
    }
  }

  void firstByte() {
    if (firstByte < 0) {
      firstByte = System.nanoTime() - request.receivedAt();
    }
  }

  /** No connection could be made: the endpoint is down until a probe says otherwise. */
  void unreachable(Attempt failed, Throwable cause) {
    Endpoint endpoint = failed.endpoint();
    if (isItsFault(cause)) {
      context.registry.unreachable(endpoint);
      context.refresh.probe(endpoint);
    }
    failed(failed, UpstreamFailure.CONNECT, cause);
  }

  /** Too many open files or no free port here say nothing about the endpoint. */
  private static boolean isItsFault(Throwable cause) {
    return cause instanceof ConnectException
        || cause instanceof NoRouteToHostException
        || cause instanceof UnknownHostException
        || cause instanceof SSLException;
  }

  /** The current attempt failed: tries again if that is allowed, else tells the client. */
  void failed(Attempt failed, UpstreamFailure failure, Throwable cause) {
    failed.end(false);
    lastFailure = failure;
    if (relay.committed()) {
      breakOff(GatewayError.UPSTREAM_FAILED, "the model server broke off its answer");
    } else if (pool != null && retries.allows(failure, pool)) {
      retry(failed, failure.label());
    } else {
      reject(
          GatewayError.UPSTREAM_FAILED,
          "the model server " + failed.endpoint().address() + " failed: " + cause.getMessage());
    }
  }

  private void retry(Attempt failed, String reason) {
    context.listener.retried(reason);
    String address = failed.endpoint().address();
    if (failed.onReusedConnection() && !servedElsewhere(address)) {
      fresh = true;
    } else {
      retries.exclude(address);
    }
    attempt = null;
    route();
  }

  /**
   * A kept connection that had gone stale is no reason to give up when no other endpoint serves the
   * model.
   */
  private boolean servedElsewhere(String address) {
    return pool != null && !pinned && retries.servedElsewhere(pool, target, address);
  }

  /**
   * The endpoint does not know the model.
   *
   * @return whether the request goes elsewhere; if not, the answer is the client's
   */
  boolean lost(Attempt failed) {
    context.registry.lost(failed.endpoint(), target);
    if (pool == null) {
      return false;
    }
    if (leftToResolver(pool)) {
      context.unknown.add(request.model());
      unknownName = true;
      return false;
    }
    if (!servedElsewhere(failed.endpoint().address()) || !retries.allows(pool)) {
      return false;
    }
    failed.end(true);
    retry(failed, "model_not_found");
    return true;
  }

  /** The answer is complete but for its last piece, which the caller sends after this. */
  void answered(Attempt done, int status, SseUsage.@Nullable Usage usage) {
    done.end(status >= 400 && status < 500);
    finish(status, usage);
  }

  /** The last piece was written. */
  void relayed(ChannelFuture written, boolean keepAlive) {
    endsWith(written);
    connection.exchangeOver(keepAlive);
  }

  /** Ends an answer that had begun, so that the client cannot take it for a whole one. */
  private void breakOff(GatewayError error, String message) {
    context.listener.rejected(error);
    finish(error.status(), null);
    endsWith(relay.breakOff(error, message));
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
    String late = late(now, lastSent);
    if (late == null) {
      return;
    }
    if (attempt != null) {
      attempt.cancel();
    }
    if (relay.committed()) {
      breakOff(GatewayError.UPSTREAM_TIMEOUT, late);
    } else {
      reject(GatewayError.UPSTREAM_TIMEOUT, late);
    }
  }

  private @Nullable String late(long now, long lastSent) {
    ProxySettings.Timeouts timeouts = settings.timeouts();
    if (DownstreamHandler.passed(now - request.receivedAt(), timeouts.total())) {
      return "the answer was not complete in time (timeouts.total)";
    }
    if (attempt == null) {
      return null;
    }
    if (!relay.committed()
        && DownstreamHandler.passed(now - attempt.startedAt(), timeouts.firstByte())) {
      return "the model server did not begin its answer in time (timeouts.firstByte)";
    }
    if (relay.committed()
        && DownstreamHandler.passed(
            now - Math.max(attempt.lastActivity(), lastSent), timeouts.idle())) {
      return "the answer stood still for too long (timeouts.idle)";
    }
    return null;
  }

  /**
   * The request stays active until its answer has left the gateway, for whose end a drain waits.
   */
  private void endsWith(ChannelFuture written) {
    written.addListener(left -> context.active.decrementAndGet());
  }

  private void finish(int status, SseUsage.@Nullable Usage usage) {
    over = true;
    if (attempt != null) {
      attempt.end(false);
    }
    queue.end();
    request.body().release();
    retries.end();
    context.listener.finished(
        new ExchangeReport(
            pool == null ? null : pool.name(),
            pool == null || unknownName ? null : target,
            status,
            retries.attempts(),
            queue.waited() ? queue.nanos() : -1,
            overhead,
            firstByte,
            System.nanoTime() - request.receivedAt(),
            usage == null ? -1 : usage.input(),
            usage == null ? -1 : usage.output()));
  }
}
