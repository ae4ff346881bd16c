package dev.loragateway.bench.routing;

import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** One run of one policy, in simulated time. Confined to one thread. */
final class Simulation implements Event {
  private static final long START = 1_000_000_000_000L;
  private static final int ARRIVAL = 0;
  private static final int BEGIN = 1;
  private static final int LOSS = 2;
  private static final int RETURN = 3;
  private static final int END = 4;

  /** Requests per batch place at which a run that looks for the objective is given up. */
  private static final int EXPLODED = 8;

  /** How often that is looked at, in requests. */
  private static final int LOOK = 64;

  /** For how long requests go on arriving after the last one that counts, in nanoseconds. */
  private static final long OVERTIME = ServerModel.nanos(RunSpec.SLO_MS);

  /** How long a run at a fixed rate waits for the last answers, in nanoseconds. */
  private static final long DRAIN = 60_000_000_000L;

  final RunSpec spec;
  final EventQueue events = new EventQueue(START);
  final Adapters adapters;
  final ModelServer[] servers;
  final Measures measures;
  private final Gateway[] gateways;
  private final SplittableRandom spread;
  private final Arrivals arrivals;
  private final long end;
  private long requests;
  private boolean hopeless;

  private Simulation(RunSpec spec, @Nullable Arrivals recorded) {
    this.spec = spec;
    SplittableRandom random = new SplittableRandom(spec.seed());
    long warm = START + seconds(spec.warmup());
    end = START + seconds(spec.seconds());
    adapters =
        new Adapters(
            spec.adapters(),
            spec.workload().mixedRanks(),
            spec.model().adapterMb(),
            random.nextLong());
    servers = new ModelServer[spec.fleet().endpoints()];
    for (int i = 0; i < servers.length; i++) {
      servers[i] = new ModelServer(i, spec.model(), adapters, spec.fleet().slots(), events);
    }
    measures = new Measures(this, warm, end, spec.rate() * (spec.seconds() - spec.warmup()));
    long seed = random.nextLong();
    arrivals =
        recorded != null
            ? recorded
            : new DrawnArrivals(spec.workload(), adapters.count(), spec.rate(), seed);
    spread = random.split();
    gateways = new Gateway[spec.gateways()];
    for (int i = 0; i < gateways.length; i++) {
      gateways[i] = new Gateway(this, random.split());
    }
    events.at(warm, this, BEGIN);
    events.at(end, this, END);
    if (spec.workload().loss()) {
      events.at(START + seconds(spec.seconds() / 3), this, LOSS);
      events.at(START + seconds(spec.seconds() / 2), this, RETURN);
    }
    scheduleArrival();
  }

  private static long seconds(double seconds) {
    return Math.round(seconds * 1e9);
  }

  /**
   * Runs to the end.
   *
   * @param search whether only the objective is asked for, so that a run that cannot meet it may be
   *     given up
   */
  static RunResult run(RunSpec spec, boolean search) {
    RunResult result = new Simulation(spec, null).run(search);
    Speed.count(result);
    return result;
  }

  /** Runs with requests that were recorded. */
  static RunResult replay(RunSpec spec, Arrivals recorded) {
    return new Simulation(spec, recorded).run(false);
  }

  private RunResult run(boolean search) {
    long began = Speed.cpuNanos();
    while (events.next(end)) {
      if (search && hopeless) {
        break;
      }
    }
    long last = end + (search ? OVERTIME + 1 : DRAIN);
    while (!(search && hopeless) && !measures.complete() && events.next(last)) {}
    return measures.result(search && hopeless, requests, (Speed.cpuNanos() - began) / 1e9);
  }

  @Override
  public void fire(int kind) {
    switch (kind) {
      case ARRIVAL -> arrive();
      case BEGIN -> measures.begin();
      case END -> measures.end();
      case LOSS -> servers[0].die();
      default -> servers[0].comeBack();
    }
  }

  private void scheduleArrival() {
    boolean another = arrivals.advance();
    long at = START + seconds(arrivals.seconds());
    if (another && at <= end + OVERTIME) {
      events.at(at, this, ARRIVAL);
    }
  }

  private void arrive() {
    Gateway gateway = gateways[gateways.length == 1 ? 0 : spread.nextInt(gateways.length)];
    Request request =
        new Request(
            arrivals.adapter(),
            arrivals.promptTokens(),
            arrivals.outputTokens(),
            events.now(),
            gateway);
    scheduleArrival();
    measures.arrived(request);
    gateway.arrive(request);
    measures.waiting(gateway.waiting());
    if (++requests % LOOK == 0) {
      hopeless = measures.hopeless() || exploded();
    }
  }

  private boolean exploded() {
    int all = 0;
    for (Gateway gateway : gateways) {
      all += gateway.waiting();
    }
    for (ModelServer server : servers) {
      all += server.requests();
    }
    return all > EXPLODED * servers.length * spec.model().maxNumSeqs();
  }
}
