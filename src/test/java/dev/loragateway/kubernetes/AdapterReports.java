package dev.loragateway.kubernetes;

import dev.loragateway.adapters.AdapterCatalog.Declared;
import dev.loragateway.adapters.AdapterFacts;
import dev.loragateway.adapters.AdapterPhase;
import dev.loragateway.adapters.AdapterSource;
import dev.loragateway.adapters.AdapterSpec;
import dev.loragateway.adapters.AdapterStatus;
import dev.loragateway.adapters.AdapterStatus.Copy;
import dev.loragateway.adapters.CopyState;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Remembers what was told of adapters, and makes statuses of them. Thread-safe. */
final class AdapterReports implements AdapterObjectsSink {
  static final String REVISION = "0123456789ab";

  volatile @Nullable List<Declared> declared;
  final Map<String, Set<String>> ready = new ConcurrentHashMap<>();
  final Map<String, Instant> used = new ConcurrentHashMap<>();

  @Override
  public void declared(List<Declared> adapters) {
    declared = adapters;
  }

  @Override
  public void ready(String model, String revision, Set<String> addresses) {
    ready.put(model + "@" + revision, addresses);
  }

  @Override
  public void used(String model, Instant at) {
    used.put(model, at);
  }

  /** The names that were declared last. */
  List<String> names() {
    List<Declared> now = declared;
    return now == null ? List.of() : now.stream().map(one -> one.spec().name()).toList();
  }

  AdapterSpec spec(String name) {
    return declared.stream()
        .map(Declared::spec)
        .filter(spec -> spec.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** How an adapter may fare. */
  static Map<String, AdapterStatus> fares(
      String model, String origin, AdapterPhase phase, String message, Copy... copies) {
    AdapterSpec spec = new AdapterSpec(model, "base", new AdapterSource("/a"));
    int ready = (int) List.of(copies).stream().filter(c -> c.state() == CopyState.READY).count();
    AdapterStatus fares =
        new AdapterStatus(
            spec,
            origin,
            phase,
            REVISION,
            ready > 0 ? REVISION : "",
            copies.length,
            ready,
            message,
            new AdapterFacts(8, 16, List.of("q_proj"), "base", 4096, 2),
            List.of(copies));
    return Map.of(model, fares);
  }

  static Copy ready(String address) {
    return new Copy(address, REVISION, CopyState.READY, 0, 0, "");
  }

  static Copy failed(String address, int attempts, long retryAt, String message) {
    return new Copy(address, REVISION, CopyState.FAILED, attempts, retryAt, message);
  }
}
