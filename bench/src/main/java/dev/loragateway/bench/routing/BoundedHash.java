package dev.loragateway.bench.routing;

import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.Hashing;
import java.util.List;

/**
 * Rendezvous hashing with bounded load: the first endpoint by the model's hash that has less than
 * 1.25 times the mean number of requests in flight. Confined to one simulation.
 */
final class BoundedHash extends ForeignRouter {
  private static final double BOUND = 1.25;

  BoundedHash(EndpointRegistry registry) {
    super(registry);
  }

  @Override
  int choose(Request request, String model, List<EndpointState> endpoints) {
    int total = 1;
    int up = 0;
    for (EndpointState state : endpoints) {
      if (eligible(request, state)) {
        total += state.inFlight().total();
        up++;
      }
    }
    double bound = Math.ceil(BOUND * total / Math.max(1, up));
    long hash = Hashing.of(model);
    int best = -1;
    long bestScore = -1;
    for (int i = 0; i < endpoints.size(); i++) {
      EndpointState state = endpoints.get(i);
      if (eligible(request, state) && state.inFlight().total() < bound) {
        long score = Hashing.score(hash, state.hash());
        if (score > bestScore) {
          best = i;
          bestScore = score;
        }
      }
    }
    return best;
  }
}
