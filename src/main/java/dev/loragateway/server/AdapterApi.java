package dev.loragateway.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import dev.loragateway.adapters.AdapterExplanation;
import dev.loragateway.adapters.AdapterFiles;
import dev.loragateway.adapters.AdapterSource;
import dev.loragateway.adapters.AdapterSpec;
import dev.loragateway.adapters.AdapterStatus;
import dev.loragateway.adapters.AddedAdapters;
import dev.loragateway.adapters.AliasShare;
import dev.loragateway.adapters.SpecJson;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RegistrySnapshot;
import dev.loragateway.server.JsonHandler.Answer;
import dev.loragateway.server.JsonHandler.Body;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /api/adapters}: tells operators which adapters should exist and how they fare, and lets
 * them add and remove some. Thread-safe.
 */
final class AdapterApi implements JsonHandler.Work {
  static final String PATH = "/api/adapters";

  private static final Logger log = LoggerFactory.getLogger(AdapterApi.class);

  private final AdapterControl control;
  private final Supplier<RegistrySnapshot> registry;

  AdapterApi(AdapterControl control, Supplier<RegistrySnapshot> registry) {
    this.control = control;
    this.registry = registry;
  }

  @Override
  public Answer answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String method = exchange.getRequestMethod();
    if (path.equals(PATH)) {
      if (method.equals("POST")) {
        return post(exchange);
      }
      return JsonHandler.reads(method)
          ? list()
          : JsonHandler.notAllowed(exchange, "GET, HEAD, POST");
    }
    if (!path.startsWith(PATH + "/")) {
      return Answer.problem(404, "not_found", "no such page");
    }
    String name = path.substring(PATH.length() + 1);
    if (method.equals("DELETE")) {
      return delete(name);
    }
    return JsonHandler.reads(method)
        ? one(name)
        : JsonHandler.notAllowed(exchange, "GET, HEAD, DELETE");
  }

  private Answer list() {
    ObjectNode json = JsonHandler.object();
    ArrayNode adapters = json.putArray("adapters");
    AdapterView.of(control).all().forEach(status -> adapters.add(AdapterJson.of(status)));
    return new Answer(200, json);
  }

  private Answer one(String name) {
    AdapterView view = AdapterView.of(control);
    AdapterStatus status = view.status(name);
    return status == null ? unknown(name) : new Answer(200, explained(status, view));
  }

  private static ObjectNode explained(AdapterStatus status, AdapterView view) {
    AdapterSpec spec = status.spec();
    ObjectNode json = AdapterJson.of(status);
    json.set(
        "explanation",
        AdapterJson.sentences(
            AdapterExplanation.of(status, view.clashes(spec.name()), System.currentTimeMillis()),
            spec.source()));
    return json;
  }

  private static Answer unknown(String name) {
    return Answer.problem(
        404, "adapter_not_found", "no adapter \"%s\" is declared".formatted(name));
  }

  private Answer post(HttpExchange exchange) throws IOException {
    return switch (JsonHandler.body(exchange)) {
      case Body.Wrong(Answer answer) -> answer;
      case Body.Read(JsonNode json) -> post(json);
    };
  }

  private Answer post(JsonNode body) {
    return switch (SpecJson.read(body)) {
      case SpecJson.Wrong(String member, String message) ->
          Answer.of(new ApiProblem(400, "invalid_value", member, message));
      case SpecJson.Good(AdapterSpec spec) -> add(seen(spec));
    };
  }

  /** A path where the gateway finds an adapter is one that it sees itself. */
  private static AdapterSpec seen(AdapterSpec spec) {
    AdapterSource source = spec.source();
    Path path = path(source);
    if (source.local() != null
        || path == null
        || !Files.exists(path.resolve(AdapterFiles.CONFIG))) {
      return spec;
    }
    return new AdapterSpec(
        spec.name(),
        spec.baseModel(),
        new AdapterSource(source.url(), source.sha256(), source.credentials(), path),
        spec.replicas(),
        spec.preferences(),
        spec.aliases());
  }

  private static @Nullable Path path(AdapterSource source) {
    String path = source.path();
    try {
      return path == null ? null : Path.of(path);
    } catch (InvalidPathException e) {
      return null;
    }
  }

  private Answer add(AdapterSpec spec) {
    String claimed = claimed(spec);
    if (claimed != null) {
      return Answer.problem(409, "name_taken", claimed);
    }
    AddedAdapters.Outcome outcome = control.added().add(spec);
    if (!(outcome instanceof AddedAdapters.Done(boolean isNew))) {
      return refused(spec.name(), outcome);
    }
    log.info("adapter {} was {} by an operator", spec.name(), isNew ? "added" : "changed");
    AdapterView view = AdapterView.of(control);
    AdapterStatus status = view.status(spec.name());
    return status == null
        ? unknown(spec.name())
        : new Answer(isNew ? 201 : 200, explained(status, view));
  }

  /** Why a name cannot be had by an adapter, or null. */
  private @Nullable String claimed(AdapterSpec spec) {
    String claimed = claimed(spec.name());
    for (AliasShare alias : spec.aliases()) {
      claimed = claimed == null ? claimed(alias.name()) : claimed;
    }
    return claimed;
  }

  private @Nullable String claimed(String name) {
    for (PoolSnapshot pool : registry.get().pools()) {
      if (pool.settings().baseModel().equals(name) || pool.baseNames().contains(name)) {
        return "\"%s\" is the base model of pool %s (expected: another name)"
            .formatted(name, pool.name());
      }
      if (pool.settings().aliases().containsKey(name)) {
        return "\"%s\" is an alias in pool %s (expected: another name)"
            .formatted(name, pool.name());
      }
    }
    return null;
  }

  private Answer delete(String name) {
    AddedAdapters.Outcome outcome = control.added().remove(name);
    if (!(outcome instanceof AddedAdapters.Done)) {
      return refused(name, outcome);
    }
    log.info("adapter {} was removed by an operator", name);
    return new Answer(204, null);
  }

  private static Answer refused(String name, AddedAdapters.Outcome outcome) {
    return switch (outcome) {
      case AddedAdapters.Unknown() -> unknown(name);
      case AddedAdapters.Taken(String origin) ->
          Answer.problem(
              409,
              "declared_elsewhere",
              "\"%s\" is declared by %s (expected: a change there)".formatted(name, origin));
      case AddedAdapters.NotConfigured() ->
          Answer.problem(
              501,
              "not_configured",
              "adapters cannot be added: adapters.file is not set in the configuration (expected:"
                  + " the path of a file that keeps them)");
      case AddedAdapters.Unusable(String reason) ->
          Answer.problem(500, "adapters_file_unusable", "nothing was changed: " + reason);
      case AddedAdapters.Done(boolean isNew) -> throw new IllegalStateException(name + isNew);
    };
  }
}
