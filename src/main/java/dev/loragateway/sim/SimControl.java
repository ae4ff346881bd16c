package dev.loragateway.sim;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The paths beside the models: adapters, health, metrics, and {@code /sim}, where faults are set
 * and the slots are shown. Confined to the server's one event loop.
 */
final class SimControl {
  private static final String PROMETHEUS = "text/plain; version=1.0.0; charset=utf-8";

  private final SimSettings settings;
  private final SimModels models;
  private final Supplier<String> page;
  private final SimFaults faults;
  private final SimWorker worker;
  private final InstantSource clock;

  SimControl(
      SimSettings settings,
      SimModels models,
      Supplier<String> page,
      SimFaults faults,
      SimWorker worker,
      InstantSource clock) {
    this.settings = settings;
    this.models = models;
    this.page = page;
    this.faults = faults;
    this.worker = worker;
    this.clock = clock;
  }

  void models(SimExchange exchange) {
    long created = clock.instant().getEpochSecond();
    exchange.reply(SimReply.json(SimBodies.models(settings, models.list(), created)));
  }

  void load(SimExchange exchange) {
    ObjectNode json = SimJson.object(exchange);
    if (json == null || lacks(exchange, json, "lora_name") || lacks(exchange, json, "lora_path")) {
      return;
    }
    String name = json.path("lora_name").asText();
    exchange.request.model = name;
    String path = json.path("lora_path").asText();
    boolean inplace = json.path("load_inplace").asBoolean();
    exchange.when(models.load(name, path, inplace), exchange::reply);
  }

  void unload(SimExchange exchange) {
    ObjectNode json = SimJson.object(exchange);
    if (json == null || lacks(exchange, json, "lora_name")) {
      return;
    }
    String name = json.path("lora_name").asText();
    exchange.request.model = name;
    exchange.when(models.unload(name), exchange::reply);
  }

  void health(SimExchange exchange) {
    boolean sick = faults.strikes(SimFault.UNHEALTHY);
    exchange.reply(sick ? SimReply.text(503, "", "") : SimReply.EMPTY);
  }

  void version(SimExchange exchange) {
    exchange.reply(SimReply.json(JsonNodeFactory.instance.objectNode().put("version", "0.32.0")));
  }

  void serverLoad(SimExchange exchange) {
    exchange.reply(SimReply.json(JsonNodeFactory.instance.objectNode().put("server_load", 0)));
  }

  void metrics(SimExchange exchange) {
    if (faults.strikes(SimFault.DROP_METRICS)) {
      exchange.reply(SimReply.NOT_FOUND);
      return;
    }
    long delay = faults.take(SimFault.SLOW_METRICS);
    if (delay == SimFaults.OFF) {
      exchange.reply(page());
    } else {
      exchange.later(delay, () -> exchange.reply(page()));
    }
  }

  /** {@code /sim/faults} and {@code /sim/slots}, which no fault concerns. */
  void sim(SimExchange exchange) {
    switch (exchange.request.method + " " + exchange.request.path) {
      case "GET /sim/faults" -> exchange.reply(SimReply.json(faultsOn()));
      case "POST /sim/faults" -> setFault(exchange);
      case "GET /sim/slots" -> exchange.reply(SimReply.json(slotNames()));
      default -> exchange.reply(SimReply.NOT_FOUND);
    }
  }

  private SimReply page() {
    if (faults.strikes(SimFault.GARBAGE_METRICS)) {
      return SimReply.text(200, PROMETHEUS, "\u0000}}{{ = \n# TYPE\nvllm:num_requests_running{");
    }
    String page = this.page.get();
    long bytes = faults.take(SimFault.HUGE_METRICS);
    if (bytes != SimFaults.OFF) {
      String filler = "sim_filler{n=\"1\"} 1.0\n";
      page = filler.repeat((int) Math.max(0, bytes - page.length()) / filler.length() + 1) + page;
    }
    return SimReply.text(200, PROMETHEUS, page);
  }

  private void setFault(SimExchange exchange) {
    ObjectNode json = SimJson.parse(exchange);
    if (json == null) {
      return;
    }
    // Some faults wait for the event loop.
    Thread.startVirtualThread(
        () -> {
          String problem = setFault(json);
          SimReply reply =
              problem == null
                  ? SimReply.json(faultsOn())
                  : SimReply.error(400, "BadRequestError", "kind", problem);
          exchange.run(() -> exchange.reply(reply));
        });
  }

  private @Nullable String setFault(ObjectNode json) {
    String kind = json.path("kind").asText();
    boolean on = json.path("on").asBoolean(true);
    switch (kind) {
      case "everywhere" -> faults.everywhere(on);
      case "clear" -> faults.clear();
      case "restart" -> faults.restart();
      case "resetConnections" -> faults.resetConnections();
      case "loseAdapter" -> faults.loseAdapter(json.path("name").asText());
      default -> {
        SimFault fault = SimFault.of(kind);
        long value = json.path("value").asLong(0);
        int times = json.path("times").asInt(Integer.MAX_VALUE);
        if (fault == null || value < 0 || times < 1) {
          return "kind: %s, value: %d, times: %d (expected: a fault such as hang, >= 0, >= 1)"
              .formatted(kind, value, times);
        }
        if (on) {
          faults.on(fault, value, times);
        } else {
          faults.off(fault);
        }
      }
    }
    return null;
  }

  private ObjectNode faultsOn() {
    ObjectNode on = JsonNodeFactory.instance.objectNode();
    faults.list().forEach((fault, value) -> on.put(fault.kind(), value));
    return on;
  }

  private ObjectNode slotNames() {
    SimWorker.Slots now = worker.slots();
    ObjectNode names = JsonNodeFactory.instance.objectNode();
    add(names, "gpu", now.gpu());
    add(names, "cpu", now.cpu());
    return names;
  }

  private static void add(ObjectNode json, String field, List<String> names) {
    var array = json.putArray(field);
    names.forEach(array::add);
  }

  private static boolean lacks(SimExchange exchange, ObjectNode json, String field) {
    if (json.has(field)) {
      return false;
    }
    exchange.reply(SimReply.missing(field, json.size()));
    return true;
  }
}
