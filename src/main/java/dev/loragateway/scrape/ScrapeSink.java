package dev.loragateway.scrape;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.Health;
import dev.loragateway.model.ModelCard;
import java.util.List;

/**
 * Takes in what the probes say. Called on the scraper's virtual threads, at most one call at a time
 * for each kind of report of an endpoint; a call that was under way when its endpoint was stopped
 * may still end, so reports of unknown endpoints have to be ignored. Implementations are
 * thread-safe.
 */
public interface ScrapeSink {
  /** A scrape is about to be asked for: what happens from now on may be missing in its answer. */
  void scrapeBegins(Endpoint endpoint);

  /** Takes in the load, as soon as the answer that told it is complete. */
  void report(Endpoint endpoint, EndpointLoad load);

  /** The models are about to be asked for: what is loaded from now on may be missing. */
  void modelsBegin(Endpoint endpoint);

  /** Takes in the models that an endpoint lists. */
  void reportModels(Endpoint endpoint, List<ModelCard> models);

  /**
   * Takes in what a health probe said, also when nothing changed. An endpoint is reported as up
   * only after its models and its load were asked for.
   *
   * @param health {@link Health#UP} or {@link Health#DOWN}
   */
  void reportHealth(Endpoint endpoint, Health health);

  /** Number of the gateway's own requests in flight at an endpoint. */
  int inFlight(Endpoint endpoint);
}
