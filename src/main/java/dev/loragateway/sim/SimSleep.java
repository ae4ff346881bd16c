package dev.loragateway.sim;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The paths that put the engine to sleep and wake it, as vLLM has them in its development mode:
 * while it sleeps, requests are taken in and wait. Confined to the server's one event loop, but for
 * {@link #level}.
 */
final class SimSleep {
  /** The level of an engine that does not sleep. */
  static final int AWAKE = -1;

  private final SimEngine engine;
  private volatile int level = AWAKE;

  SimSleep(SimEngine engine) {
    this.engine = engine;
  }

  /** The level at which the engine sleeps, 0 to 2, or {@link #AWAKE}. */
  int level() {
    return level;
  }

  /** Is awake again, as a new process is. */
  void restarted() {
    level = AWAKE;
  }

  void sleep(SimExchange exchange) {
    String query = "&" + exchange.request.query + "&";
    int wanted = query.contains("&level=2&") ? 2 : query.contains("&level=0&") ? 0 : 1;
    exchange.when(
        engine.sleep(query.contains("&mode=keep&")),
        done -> {
          level = wanted;
          exchange.reply(SimReply.json(status("sleeping").put("level", wanted)));
        });
  }

  void wakeUp(SimExchange exchange) {
    exchange.when(
        engine.wakeUp(),
        done -> {
          level = AWAKE;
          exchange.reply(SimReply.json(status("awake").putNull("tags")));
        });
  }

  void isSleeping(SimExchange exchange) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    exchange.reply(SimReply.json(json.put("is_sleeping", level != AWAKE)));
  }

  private static ObjectNode status(String status) {
    return JsonNodeFactory.instance.objectNode().put("status", status);
  }
}
