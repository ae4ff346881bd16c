package dev.loragateway.registry;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.Health;
import dev.loragateway.model.ModelCard;
import java.util.List;

/** The only writer of snapshots. Thread-safe. */
public final class EndpointRegistry {
  /** Takes in a scrape's answer. */
  public void report(Endpoint endpoint, EndpointLoad load) {}

  /** Takes in an answer of {@code /v1/models}. */
  public void reportModels(Endpoint endpoint, List<ModelCard> models) {}

  /** Takes in what a probe said. */
  public void reportHealth(Endpoint endpoint, Health health) {}
}
