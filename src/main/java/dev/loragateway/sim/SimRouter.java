package dev.loragateway.sim;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds who answers a path, and lets faults strike before. Confined to the server's one event loop,
 * except {@link #draining}.
 */
final class SimRouter {
  private record Route(String allow, boolean model, Consumer<SimExchange> action) {
    boolean takes(String method) {
      return allow.contains(method);
    }
  }

  private final Map<String, Route> routes = new HashMap<>();
  private final SimFaults faults;
  private final SimMetrics metrics;
  private final SimInference inference;
  private final SimControl control;
  private final @Nullable SimSleep sleep;
  private final RecentLog<ReceivedRequest> log;
  private volatile boolean draining;

  /**
   * Makes the routes.
   *
   * @param sleep null where the server has no such paths
   */
  SimRouter(
      SimFaults faults,
      SimMetrics metrics,
      SimInference inference,
      SimControl control,
      @Nullable SimSleep sleep,
      RecentLog<ReceivedRequest> log) {
    this.faults = faults;
    this.metrics = metrics;
    this.inference = inference;
    this.control = control;
    this.sleep = sleep;
    this.log = log;
    addModelRoutes();
    addControlRoutes();
  }

  void handle(SimExchange exchange) {
    ReceivedRequest request = exchange.request;
    if (request.path.startsWith("/sim/")) {
      control.sim(exchange);
      return;
    }
    log.add(request);
    Route route = route(request.path);
    if (faults.strikesEverywhere() || (route != null && route.model)) {
      dispatchFaulty(exchange, route);
    } else {
      dispatch(exchange, route);
    }
  }

  /** The client left before the answer was complete, or the answer was cut off. */
  void left(SimExchange exchange) {
    if (!exchange.finished()) {
      exchange.request.aborted = true;
    }
    exchange.gone();
    exchange.request.answered();
    inference.abort(exchange);
  }

  void answered(SimExchange exchange) {
    ReceivedRequest request = exchange.request;
    String handler = routes.containsKey(request.path) ? request.path : "none";
    metrics.answered(handler, request.method, exchange.status());
    request.answered();
  }

  /** While draining, each connection is closed after its answer. */
  boolean draining() {
    return draining;
  }

  void drain(boolean on) {
    draining = on;
  }

  private void addModelRoutes() {
    model("/v1/chat/completions", e -> inference.generate(e, SimAnswer.Api.CHAT));
    model("/v1/completions", e -> inference.generate(e, SimAnswer.Api.COMPLETIONS));
    model("/v1/messages", e -> inference.generate(e, SimAnswer.Api.MESSAGES));
    model("/v1/responses", e -> inference.generate(e, SimAnswer.Api.RESPONSES));
    model("/v1/messages/count_tokens", e -> inference.frontend(e, SimBodies::countTokens));
    model("/tokenize", e -> inference.frontend(e, SimBodies::tokenize));
    model("/detokenize", e -> inference.frontend(e, SimBodies::detokenize));
    model("/v1/embeddings", e -> inference.oneStep(e, SimBodies::embeddings));
    for (String prefix : new String[] {"", "/v1"}) {
      model(prefix + "/pooling", e -> inference.oneStep(e, SimBodies::pooling));
      model(prefix + "/classify", e -> inference.oneStep(e, SimBodies::classify));
      model(prefix + "/score", e -> inference.oneStep(e, SimBodies::score));
      model(prefix + "/rerank", e -> inference.oneStep(e, SimBodies::rerank));
    }
    model("/v2/rerank", e -> inference.oneStep(e, SimBodies::rerank));
    model("/v1/audio/transcriptions", inference::transcribe);
    model("/v1/audio/translations", inference::transcribe);
  }

  private void addControlRoutes() {
    routes.put("/v1/responses/{}", new Route("GET", false, inference::stored));
    routes.put("/v1/responses/{}/cancel", new Route("POST", false, inference::cancelStored));
    routes.put("/v1/models", new Route("GET", false, control::models));
    routes.put("/v1/load_lora_adapter", new Route("POST", false, control::load));
    routes.put("/v1/unload_lora_adapter", new Route("POST", false, control::unload));
    routes.put("/health", new Route("GET", false, control::health));
    routes.put("/ping", new Route("GET, POST", false, control::health));
    routes.put("/version", new Route("GET", false, control::version));
    routes.put("/load", new Route("GET", false, control::serverLoad));
    routes.put("/metrics", new Route("GET", false, control::metrics));
    if (sleep != null) {
      routes.put("/sleep", new Route("POST", false, sleep::sleep));
      routes.put("/wake_up", new Route("POST", false, sleep::wakeUp));
      routes.put("/is_sleeping", new Route("GET", false, sleep::isSleeping));
    }
  }

  private void model(String path, Consumer<SimExchange> action) {
    routes.put(path, new Route("POST", true, action));
  }

  private @Nullable Route route(String path) {
    Route route = routes.get(path);
    if (route != null || !path.startsWith("/v1/responses/")) {
      return route;
    }
    return routes.get(path.endsWith("/cancel") ? "/v1/responses/{}/cancel" : "/v1/responses/{}");
  }

  private static void dispatch(SimExchange exchange, @Nullable Route route) {
    if (route == null) {
      exchange.reply(SimReply.NOT_FOUND);
    } else if (!route.takes(exchange.request.method)) {
      exchange.reply(SimReply.methodNotAllowed(route.allow));
    } else {
      route.action.accept(exchange);
    }
  }

  private void dispatchFaulty(SimExchange exchange, @Nullable Route route) {
    if (faults.strikes(SimFault.HANG)) {
      return;
    }
    if (faults.strikes(SimFault.RESET_BEFORE_RESPONSE)) {
      exchange.reset();
      return;
    }
    if (faults.strikes(SimFault.STATUS_500)) {
      exchange.reply(
          SimReply.error(500, "InternalServerError", "", "The engine failed on purpose."));
      return;
    }
    long reset = faults.take(SimFault.RESET_MID_STREAM);
    if (reset != SimFaults.OFF) {
      exchange.cutAfter((int) reset, true);
    }
    long truncate = faults.take(SimFault.TRUNCATE_CHUNKED);
    if (truncate != SimFaults.OFF) {
      exchange.cutAfter((int) truncate, false);
    }
    long delay = faults.take(SimFault.SLOW);
    if (delay == SimFaults.OFF) {
      dispatch(exchange, route);
    } else {
      exchange.later(delay, () -> dispatch(exchange, route));
    }
  }
}
