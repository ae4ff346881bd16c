package dev.loragateway.bench.routing;

import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.EndpointState;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The inference extension's scorers as configured in its own tests: LoRA affinity (weight 1), queue
 * (2) and KV cache (2), on metrics that are read every 50 ms; the highest sum wins, ties by chance.
 * As vLLM puts each adapter with requests into both of its labels, the affinity's 0.6 for an
 * adapter that only waits is never given, and an endpoint has room while twice its adapters are
 * fewer than its slots. Confined to one simulation.
 */
final class GieScorer extends ForeignRouter {
  private static final long INTERVAL = 50_000_000;

  private final EventQueue events;
  private final Seen[] seen;
  private final int gpuSlots;
  private final boolean loraOnly;
  private final SplittableRandom random;

  /** Scrapes the servers from now on. */
  GieScorer(
      EndpointRegistry registry, Simulation simulation, boolean loraOnly, SplittableRandom random) {
    super(registry);
    this.events = simulation.events;
    this.gpuSlots = simulation.spec.fleet().slots();
    this.loraOnly = loraOnly;
    this.random = random;
    this.seen = new Seen[simulation.servers.length];
    for (int i = 0; i < seen.length; i++) {
      seen[i] = new Seen(simulation.servers[i]);
      events.at(events.now() + random.nextLong(INTERVAL), seen[i], 0);
    }
  }

  /** What the last scrape of one endpoint said. */
  private final class Seen implements Event {
    private final ModelServer server;
    private int[] active = {};
    private int waiting;
    private double kvCache;

    Seen(ModelServer server) {
      this.server = server;
    }

    @Override
    public void fire(int kind) {
      if (server.up()) {
        active = server.activity().numbers();
        waiting = server.activity().waiting();
        kvCache = server.activity().kvCache();
      }
      events.at(events.now() + INTERVAL, this, 0);
    }

    private double affinity(int adapter) {
      for (int other : active) {
        if (other == adapter) {
          return 1;
        }
      }
      return 2 * active.length < gpuSlots ? 0.8 : 0;
    }
  }

  @Override
  int choose(Request request, String model, List<EndpointState> endpoints) {
    int fewest = Integer.MAX_VALUE;
    int most = 0;
    for (int i = 0; i < seen.length; i++) {
      if (eligible(request, endpoints.get(i))) {
        fewest = Math.min(fewest, seen[i].waiting);
        most = Math.max(most, seen[i].waiting);
      }
    }
    int best = -1;
    double bestScore = -1;
    int ties = 0;
    for (int i = 0; i < seen.length; i++) {
      if (!eligible(request, endpoints.get(i))) {
        continue;
      }
      double score = score(seen[i], request.adapter, fewest, most);
      ties = score == bestScore ? ties + 1 : 1;
      if (score > bestScore || (score == bestScore && random.nextInt(ties) == 0)) {
        best = i;
        bestScore = score;
      }
    }
    return best;
  }

  private double score(Seen at, int adapter, int fewest, int most) {
    double lora = at.affinity(adapter);
    if (loraOnly) {
      return lora;
    }
    double queue = most == fewest ? 1 : (double) (most - at.waiting) / (most - fewest);
    return lora + 2 * queue + 2 * (1 - at.kvCache);
  }
}
