package dev.loragateway.bench.routing;

import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.QueueSettings;
import dev.loragateway.routing.AdapterDemand;
import dev.loragateway.routing.Admission;
import dev.loragateway.routing.AdmissionRequest;
import dev.loragateway.routing.EndpointPicker;
import dev.loragateway.routing.Pick;
import dev.loragateway.routing.PickRequest;
import dev.loragateway.routing.RecentPlacements;
import dev.loragateway.routing.Warmup;
import java.util.SplittableRandom;

/** The gateway's own picker and queue, under whichever policy the pool has. */
final class OwnRouter implements Router {
  private static final int BYTES_PER_TOKEN = 4;

  private final Admission admission;

  OwnRouter(EndpointRegistry registry, SplittableRandom random) {
    AdapterDemand demand = new AdapterDemand(registry::now);
    EndpointPicker picker = new EndpointPicker(registry, demand, new RecentPlacements(), random);
    admission = new Admission(registry, picker, demand, Warmup.NONE);
  }

  @Override
  public Pick route(Request request, String model, PoolSnapshot pool) {
    return admission.admit(
        new AdmissionRequest(
            new PickRequest(model, true, null, null, 0, request.tried),
            QueueSettings.STANDARD,
            (long) BYTES_PER_TOKEN * request.promptTokens,
            pool.settings().queue().timeout().toNanos(),
            found -> request.gateway.settle(request, found)),
        pool);
  }

  @Override
  public void changed() {
    admission.freed(Gateway.POOL);
  }

  @Override
  public int waiting() {
    return admission.waiting(Gateway.POOL);
  }
}
