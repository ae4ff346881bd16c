package dev.loragateway.routing;

import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.PoolSnapshot;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where a request meets the pool: it gets an endpoint, or waits for one in the pool's queue, or is
 * refused. Thread-safe.
 */
public final class Admission {
  private final EndpointRegistry registry;
  private final EndpointPicker picker;
  private final AdapterDemand demand;
  private final Warmup warmup;
  private final ConcurrentHashMap<String, AdmissionQueue> queues = new ConcurrentHashMap<>();

  /** Admits to the endpoints of the registry, by the picker's choice. */
  public Admission(
      EndpointRegistry registry, EndpointPicker picker, AdapterDemand demand, Warmup warmup) {
    this.registry = registry;
    this.picker = picker;
    this.demand = demand;
    this.warmup = warmup;
  }

  /**
   * Picks an endpoint, or lets the request wait. One that the server's engine does not run is
   * picked for at once, whatever the load.
   *
   * @param pool of the snapshot on which the request is routed
   * @return never {@link Pick.Saturated} unless the pool has no queue
   */
  public Pick admit(AdmissionRequest request, PoolSnapshot pool) {
    return request.pick().usesAdapter()
        ? queue(pool.name()).admit(request, pool)
        : picker.pick(request.pick(), pool);
  }

  /** Where the request would go now, without sending it. */
  public Explanation explain(PickRequest request, PoolSnapshot pool) {
    return picker.explain(request, pool);
  }

  /**
   * Room may have come free in the pool: a request ended, or a scrape or a probe told something
   * new. Lets those in who wait for it.
   */
  public void freed(String pool) {
    AdmissionQueue queue = queues.get(pool);
    if (queue != null) {
      queue.freed();
    }
  }

  /** The same for every pool: the configuration changed. */
  public void freed() {
    queues.values().forEach(AdmissionQueue::freed);
  }

  /** Requests that wait in the pool. */
  public int waiting(String pool) {
    AdmissionQueue queue = queues.get(pool);
    return queue == null ? 0 : queue.size();
  }

  /** Requests that wait in the pool, by model. */
  public Map<String, Integer> depths(String pool) {
    AdmissionQueue queue = queues.get(pool);
    return queue == null ? Map.of() : queue.depths();
  }

  /** How many endpoints the pool should have, as far as this gateway can tell. */
  public int desiredEndpoints(PoolSnapshot pool) {
    return DesiredEndpoints.of(pool, waiting(pool.name()), demand, registry.now());
  }

  private AdmissionQueue queue(String pool) {
    AdmissionQueue known = queues.get(pool);
    return known != null
        ? known
        : queues.computeIfAbsent(
            pool,
            name ->
                new AdmissionQueue(name, registry, picker, new WarmUps(registry, demand, warmup)));
  }
}
