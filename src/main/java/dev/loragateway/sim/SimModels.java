package dev.loragateway.sim;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The adapters registered by name, which is what requests and {@code /v1/models} see. Unloading
 * removes the name alone; the weights stay in their slots. Thread-safe.
 */
final class SimModels {
  /** What a request's model name stands for. */
  sealed interface Resolution {
    /** The base model. */
    record Base() implements Resolution {}

    /** A registered adapter. */
    record Lora(SimAdapter adapter) implements Resolution {}

    /** No model of this name can be served. */
    record Unknown(SimReply error) implements Resolution {}
  }

  private final SimSettings settings;
  private final SimEngine engine;
  private final Map<String, SimAdapter> registered = new LinkedHashMap<>();
  private final Map<String, CompletableFuture<?>> turns = new HashMap<>();
  private int lastId;

  SimModels(SimSettings settings, SimEngine engine) {
    this.settings = settings;
    this.engine = engine;
  }

  /** Registers, loads and activates the adapters given at start, in their order. */
  CompletableFuture<Void> loadAtStart() {
    CompletableFuture<?> last = CompletableFuture.completedFuture(null);
    for (String name : settings.adapters()) {
      last = load(name, "sim://" + name, false);
    }
    return last.thenApply(done -> null);
  }

  synchronized List<SimAdapter> list() {
    return new ArrayList<>(registered.values());
  }

  synchronized void lose(String name) {
    registered.remove(name);
  }

  synchronized void clear() {
    registered.clear();
    lastId = 0;
  }

  CompletableFuture<Resolution> resolve(@Nullable String name) {
    if (name == null || name.isEmpty() || name.equals(settings.baseModel())) {
      return CompletableFuture.completedFuture(new Resolution.Base());
    }
    SimAdapter adapter = find(name);
    if (adapter != null) {
      return CompletableFuture.completedFuture(new Resolution.Lora(adapter));
    }
    if (!settings.resolver()) {
      return CompletableFuture.completedFuture(
          new Resolution.Unknown(SimReply.unknownModel(name, settings.baseModel())));
    }
    return inTurn(name, () -> loadOnDemand(name));
  }

  /** {@code POST /v1/load_lora_adapter}; calls for one name run one after the other. */
  CompletableFuture<SimReply> load(String name, String path, boolean inplace) {
    if (name.isEmpty() || path.isEmpty()) {
      return invalid("Both 'lora_name' and 'lora_path' must be provided.");
    }
    if (name.equals(settings.baseModel())) {
      return invalid("The lora adapter '%s' conflicts with a served base model.".formatted(name));
    }
    return inTurn(name, () -> loadInTurn(name, path, inplace));
  }

  /** {@code POST /v1/unload_lora_adapter}. */
  CompletableFuture<SimReply> unload(String name) {
    if (name.isEmpty()) {
      return invalid("'lora_name' needs to be provided to unload a LoRA adapter.");
    }
    return inTurn(name, () -> CompletableFuture.completedFuture(unloadInTurn(name)));
  }

  private CompletableFuture<SimReply> loadInTurn(String name, String path, boolean inplace) {
    SimAdapter known = find(name);
    if (known != null && !inplace) {
      return invalid(
          ("The lora adapter '%s' has already been loaded. If you want to load the adapter in"
                  + " place, set 'load_inplace' to True.")
              .formatted(name));
    }
    long bytes = SimPaths.bytes(path, settings);
    if (bytes == SimPaths.NO_ADAPTER) {
      return CompletableFuture.completedFuture(
          SimReply.error(
              404,
              "NotFoundError",
              "",
              "Loading lora %s failed: No adapter found for %s".formatted(name, path)));
    }
    int id = known == null ? nextId() : known.id();
    return engine
        .load(new SimAdapter(id, name, path, bytes, inplace))
        .thenApply(
            loaded -> {
              register(loaded);
              return success(name, "added");
            });
  }

  private synchronized SimReply unloadInTurn(String name) {
    if (registered.remove(name) == null) {
      return SimReply.error(
          404, "NotFoundError", "", "The lora adapter '%s' cannot be found.".formatted(name));
    }
    return success(name, "removed");
  }

  private CompletableFuture<Resolution> loadOnDemand(String name) {
    SimAdapter known = find(name);
    if (known != null) {
      return CompletableFuture.completedFuture(new Resolution.Lora(known));
    }
    long bytes = SimPaths.bytes(name, settings);
    if (bytes == SimPaths.NO_ADAPTER) {
      String message = "LoRA adapter %s does not exist".formatted(name);
      return CompletableFuture.completedFuture(
          new Resolution.Unknown(SimReply.error(404, "NotFoundError", "", message)));
    }
    return engine
        .load(new SimAdapter(nextId(), name, "sim://" + name, bytes, false))
        .thenApply(
            loaded -> {
              register(loaded);
              return new Resolution.Lora(loaded);
            });
  }

  private synchronized @Nullable SimAdapter find(String name) {
    return registered.get(name);
  }

  private synchronized void register(SimAdapter adapter) {
    registered.put(adapter.name(), adapter);
  }

  private synchronized int nextId() {
    return ++lastId;
  }

  private synchronized <T> CompletableFuture<T> inTurn(
      String name, Supplier<CompletableFuture<T>> work) {
    CompletableFuture<?> before = turns.getOrDefault(name, CompletableFuture.completedFuture(null));
    CompletableFuture<T> mine =
        before.handle((done, failure) -> null).thenCompose(free -> work.get());
    turns.put(name, mine);
    return mine;
  }

  private static CompletableFuture<SimReply> invalid(String message) {
    return CompletableFuture.completedFuture(SimReply.error(400, "InvalidUserInput", "", message));
  }

  private static SimReply success(String name, String what) {
    return SimReply.text(
        200, "", "Success: LoRA adapter '%s' %s successfully.".formatted(name, what));
  }
}
