package dev.loragateway.scrape;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.Health;
import dev.loragateway.model.ModelCard;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Remembers what was reported and observed, in order. Thread-safe. */
final class RecordingSink implements ScrapeSink, ScrapeListener {
  /** One call: what it told of which endpoint. */
  record Event(Endpoint endpoint, Object what) {}

  /** A call of {@link ScrapeListener#scraped}. */
  record Scraped(boolean ok) {}

  /** A call of {@link ScrapeListener#healthChanged}. */
  record Changed(Health health) {}

  final List<Event> events = new CopyOnWriteArrayList<>();
  final AtomicInteger inFlight = new AtomicInteger();
  final AtomicInteger inFlightAsked = new AtomicInteger();
  final AtomicInteger refusals = new AtomicInteger();

  @Override
  public void scrapeBegins(Endpoint endpoint) {}

  @Override
  public void report(Endpoint endpoint, EndpointLoad load) {
    if (refusals.getAndDecrement() > 0) {
      throw new IllegalStateException("not taken in");
    }
    events.add(new Event(endpoint, load));
  }

  @Override
  public void modelsBegin(Endpoint endpoint) {}

  @Override
  public void reportModels(Endpoint endpoint, List<ModelCard> models) {
    events.add(new Event(endpoint, models));
  }

  @Override
  public void reportHealth(Endpoint endpoint, Health health) {
    events.add(new Event(endpoint, health));
  }

  @Override
  public int inFlight(Endpoint endpoint) {
    inFlightAsked.incrementAndGet();
    return inFlight.get();
  }

  @Override
  public void scraped(Endpoint endpoint, long nanos, boolean ok) {
    events.add(new Event(endpoint, new Scraped(ok)));
  }

  @Override
  public void healthChanged(Endpoint endpoint, Health health) {
    events.add(new Event(endpoint, new Changed(health)));
  }

  /** What the sink and the listener were told of an endpoint. */
  List<Object> of(Endpoint endpoint) {
    return events.stream()
        .filter(event -> event.endpoint().equals(endpoint))
        .map(Event::what)
        .toList();
  }

  <T> List<T> of(Endpoint endpoint, Class<T> kind) {
    return of(endpoint).stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  /** The health changes of an endpoint. */
  List<Health> changes(Endpoint endpoint) {
    return of(endpoint, Changed.class).stream().map(Changed::health).toList();
  }
}
