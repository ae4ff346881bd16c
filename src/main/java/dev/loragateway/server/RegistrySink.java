package dev.loragateway.server;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.Health;
import dev.loragateway.model.ModelCard;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.scrape.ScrapeSink;
import java.util.List;

/** Passes what the scrapes find out on to the registry. Immutable. */
record RegistrySink(EndpointRegistry registry) implements ScrapeSink {
  @Override
  public void scrapeBegins(Endpoint endpoint) {
    registry.scrapeBegins(endpoint);
  }

  @Override
  public void report(Endpoint endpoint, EndpointLoad load) {
    registry.report(endpoint, load);
  }

  @Override
  public void reportModels(Endpoint endpoint, List<ModelCard> models) {
    registry.reportModels(endpoint, models);
  }

  @Override
  public void reportHealth(Endpoint endpoint, Health health) {
    registry.reportHealth(endpoint, health);
  }

  @Override
  public int inFlight(Endpoint endpoint) {
    return registry.inFlight(endpoint);
  }
}
