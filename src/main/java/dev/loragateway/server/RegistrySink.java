package dev.loragateway.server;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.Health;
import dev.loragateway.model.ModelCard;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.routing.Admission;
import dev.loragateway.scrape.ScrapeSink;
import java.util.List;

/**
 * Passes what the scrapes find out on to the registry, and lets in who waited for it. Immutable.
 */
record RegistrySink(EndpointRegistry registry, Admission admission) implements ScrapeSink {
  @Override
  public void scrapeBegins(Endpoint endpoint) {
    registry.scrapeBegins(endpoint);
  }

  @Override
  public void report(Endpoint endpoint, EndpointLoad load) {
    registry.report(endpoint, load);
    admission.freed(endpoint.pool());
  }

  @Override
  public void modelsBegin(Endpoint endpoint) {
    registry.modelsBegin(endpoint);
  }

  @Override
  public void reportModels(Endpoint endpoint, List<ModelCard> models) {
    registry.reportModels(endpoint, models);
    admission.freed(endpoint.pool());
  }

  @Override
  public void reportHealth(Endpoint endpoint, Health health) {
    registry.reportHealth(endpoint, health);
    admission.freed(endpoint.pool());
  }

  @Override
  public int inFlight(Endpoint endpoint) {
    return registry.inFlight(endpoint);
  }
}
