package dev.loragateway.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.Residency;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RoutingSettings;
import dev.loragateway.registry.Variant;
import dev.loragateway.routing.Cost;
import dev.loragateway.routing.Explanation;
import dev.loragateway.routing.Explanation.Considered;
import dev.loragateway.routing.Explanation.Verdict;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** An explanation as the admin API tells it. Unknown values are null. Stateless. */
final class ExplanationJson {
  private ExplanationJson() {}

  /**
   * Renders it.
   *
   * @param asked the model that the request would name
   * @param variant which of the models that this stands for was drawn
   * @param waiting requests that wait in the pool
   */
  static ObjectNode of(
      String asked, Variant variant, PoolSnapshot pool, Explanation explanation, int waiting) {
    ObjectNode json = JsonHandler.object();
    json.put("model", asked).put("adapter", variant.adapter()).put("servedAs", variant.model());
    ArrayNode variants = json.putArray("variants");
    for (Variant each : pool.variants(asked)) {
      variants.addObject().put("adapter", each.adapter()).put("weight", each.weight());
    }
    json.put("pool", pool.name());
    json.put("policy", lower(pool.settings().routing().policy()).replace('_', '-'));
    json.put("queued", waiting);
    json.put("outcome", lower(explanation.outcome()));
    json.put("endpoint", explanation.chosen());
    json.put("tier", explanation.tier() == null ? null : explanation.tier().label());
    json.put("reason", reason(explanation, pool));
    Cost least = least(explanation);
    ArrayNode endpoints = json.putArray("endpoints");
    for (Considered one : explanation.endpoints()) {
      endpoints.add(endpoint(one, pool.settings().routing(), least));
    }
    return json;
  }

  private static String reason(Explanation explanation, PoolSnapshot pool) {
    boolean queue = pool.settings().queue().capacity() > 0;
    String then = queue ? "it would wait in the gateway" : "it would be refused";
    return switch (explanation.outcome()) {
      case DISPATCH -> "it would be sent to " + explanation.chosen();
      case SATURATED -> "every endpoint that serves it is saturated: " + then;
      case NO_ROOM -> "no endpoint could start it now: " + then;
      case NOT_LOADED -> "it is loaded, or woken, for the first request: " + then;
      case NONE_READY -> "no endpoint that serves it is up: it would be refused";
      case UNKNOWN_MODEL -> "no endpoint has it: it would be refused";
    };
  }

  private static @Nullable Cost least(Explanation explanation) {
    for (Considered one : explanation.endpoints()) {
      if (one.verdict() == Verdict.CHOSEN) {
        return one.cost();
      }
    }
    return null;
  }

  private static ObjectNode endpoint(
      Considered one, RoutingSettings settings, @Nullable Cost least) {
    EndpointState state = one.state();
    EndpointLoad load = state.load();
    Residency level = one.residency();
    ObjectNode json = JsonHandler.object();
    json.put("address", state.endpoint().address());
    json.put("health", lower(state.health()));
    json.put("verdict", lower(one.verdict()).replace('_', ' '));
    json.put("detail", detail(one, settings, least));
    json.put("residency", level == null ? null : lower(level));
    json.put(
        "source", level == null ? null : state.residency().reported() ? "reported" : "estimated");
    json.put("home", one.home());
    json.put("running", load == null ? null : load.running());
    json.put("waiting", load == null ? null : load.waiting());
    json.put("inFlight", state.inFlight().total());
    json.put("load", Double.isNaN(one.load()) ? null : rounded(one.load()));
    if (one.cost() == null) {
      json.putNull("costMs");
    } else {
      json.set("costMs", cost(one.cost()));
    }
    return json;
  }

  private static ObjectNode cost(Cost cost) {
    return JsonHandler.object()
        .put("total", rounded(cost.total()))
        .put("batch", rounded(cost.batch()))
        .put("load", rounded(cost.load()))
        .put("swaps", rounded(cost.swaps()))
        .put("deferral", rounded(cost.deferral()))
        .put("swap", rounded(cost.swap()))
        .put("harm", rounded(cost.harm()))
        .put("home", rounded(cost.home()))
        .put("eviction", rounded(cost.eviction()))
        .put("session", rounded(cost.session()));
  }

  private static @Nullable String detail(
      Considered one, RoutingSettings settings, @Nullable Cost least) {
    return switch (one.verdict()) {
      case SATURATED -> saturation(one.state(), settings);
      case WORSE ->
          one.cost() == null || least == null
              ? null
              : "costs " + rounded(one.cost().total() - least.total()) + " ms more";
      case TIE -> "costs as much; the chosen one is nearer to the prompt or the model by its hash";
      case CHOSEN, DOWN, EJECTED, ASLEEP, NOT_ASKED, NOT_REGISTERED, EXCLUDED, NO_ROOM, REMOTE ->
          null;
    };
  }

  private static String saturation(EndpointState state, RoutingSettings settings) {
    EndpointLoad load = state.load();
    if (settings.maxInFlight() > 0 && state.inFlight().total() >= settings.maxInFlight()) {
      return "%d requests of the gateway's own (maxInFlight %d)"
          .formatted(state.inFlight().total(), settings.maxInFlight());
    }
    if (load != null && load.kvCache() > settings.maxKvCache()) {
      return String.format(
          Locale.ROOT, "KV cache %.2f (maxKvCache %.2f)", load.kvCache(), settings.maxKvCache());
    }
    return "%d requests wait there (maxWaiting %d)"
        .formatted(state.waiting(settings.maxNumSeqs()), settings.maxWaiting());
  }

  private static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
