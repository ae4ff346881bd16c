package dev.loragateway.bench.routing;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.Health;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One gateway's scrapes of one server, as often as the gateway would: each interval while there are
 * requests, each fourth when there are none; the health ever less often while it is down. Confined
 * to one simulation.
 */
final class ScrapeLoop implements Event {
  private static final int TICK = 0;
  private static final int READ = 1;
  private static final int REPORT = 2;
  private static final int PROBE = 3;
  private static final long LONGEST_IDLE = 2_000_000_000L;
  private static final long LONGEST_BACK_OFF = 5_000_000_000L;
  private static final double BACK_OFF_GROWTH = 1.25;
  private static final double JITTER = 0.1;

  private final Gateway gateway;
  private final ModelServer server;
  private final Endpoint endpoint;
  private final SplittableRandom random;
  private final EventQueue events;
  private long interval;
  private long network;
  private long answer;
  private long beganAt;
  private long idleDeadline;
  private long backOff;
  private boolean busy = true;
  private boolean asksLoad;
  private boolean asksIdle;
  private @Nullable EndpointLoad load;

  ScrapeLoop(Gateway gateway, ModelServer server, Endpoint endpoint, SplittableRandom random) {
    this.gateway = gateway;
    this.server = server;
    this.endpoint = endpoint;
    this.random = random;
    this.events = gateway.events();
  }

  /** What the policy does not look at is not asked for: it would only cost the simulation time. */
  void start(RunSpec spec) {
    ServerModel model = spec.model();
    asksLoad = spec.policy().looksAtLoad();
    asksIdle = spec.policy().looksAtResidency();
    interval = ServerModel.nanos(model.scrapeMs());
    network = ServerModel.nanos(model.networkMs());
    answer = ServerModel.nanos(model.scrapeAnswerMs());
    gateway.registry.reportModels(endpoint, gateway.adapters().cards);
    gateway.registry.scrapeBegins(endpoint);
    gateway.registry.report(endpoint, server.load(events.now(), asksIdle));
    gateway.registry.reportHealth(endpoint, Health.UP);
    events.at(events.now() + random.nextLong(interval), this, TICK);
  }

  @Override
  public void fire(int kind) {
    switch (kind) {
      case TICK -> tick();
      case READ -> load = server.up() ? server.load(beganAt, asksIdle) : null;
      case REPORT -> report();
      default -> probe();
    }
  }

  private void tick() {
    long now = events.now();
    if (!server.up()) {
      gateway.registry.reportHealth(endpoint, Health.DOWN);
      backOff = interval;
      events.at(now + jittered(backOff), this, PROBE);
    } else if (asksLoad
        && (busy || gateway.registry.inFlight(endpoint) > 0 || now >= idleDeadline)) {
      beganAt = now;
      gateway.registry.scrapeBegins(endpoint);
      events.at(now + network, this, READ);
      events.at(now + answer, this, REPORT);
    } else {
      events.at(now + jittered(interval), this, TICK);
    }
  }

  private void report() {
    EndpointLoad told = load;
    if (told != null) {
      gateway.registry.report(endpoint, told);
      busy = told.running() + told.waiting() > 0;
      gateway.changed();
    }
    idleDeadline = events.now() + Math.min(LONGEST_IDLE, 4 * interval) - interval / 2;
    events.at(events.now() + jittered(interval), this, TICK);
  }

  private void probe() {
    if (server.up()) {
      gateway.rise(endpoint, server);
      busy = true;
      events.at(events.now() + jittered(interval), this, TICK);
    } else {
      backOff = Math.min(LONGEST_BACK_OFF, (long) (backOff * BACK_OFF_GROWTH));
      events.at(events.now() + jittered(backOff), this, PROBE);
    }
  }

  private long jittered(long nanos) {
    return nanos + (long) (nanos * JITTER * (2 * random.nextDouble() - 1));
  }
}
