package dev.loragateway.server;

import dev.loragateway.model.Endpoint;
import dev.loragateway.registry.RegistryListener;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reports each name that two pools serve once, and passes everything on. Thread-safe. */
final class RegistryLog implements RegistryListener {
  private static final Logger log = LoggerFactory.getLogger(RegistryLog.class);
  private static final int MAX_REPORTED = 1000;

  private record Clash(String model, String owner, String other) {}

  private final RegistryListener next;
  private final Set<Clash> reported = ConcurrentHashMap.newKeySet();

  RegistryLog(RegistryListener next) {
    this.next = next;
  }

  @Override
  public void swapped(Endpoint endpoint, String adapter, @Nullable String victim, boolean recent) {
    next.swapped(endpoint, adapter, victim, recent);
  }

  @Override
  public void corrected(Endpoint endpoint, int adapters) {
    next.corrected(endpoint, adapters);
  }

  @Override
  public void ejected(Endpoint endpoint) {
    log.warn("{} failed several requests in a row: it gets none for a while", endpoint.address());
    next.ejected(endpoint);
  }

  @Override
  public void clash(String model, String owner, String other) {
    if (reported.size() < MAX_REPORTED && reported.add(new Clash(model, owner, other))) {
      log.error(
          "model {} is served by pool {} and by pool {}: {} keeps the name (rename one of them)",
          model,
          owner,
          other,
          owner);
    }
    next.clash(model, owner, other);
  }
}
