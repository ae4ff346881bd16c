package dev.loragateway.bench.overhead;

import dev.loragateway.bench.overhead.Wrk.Result;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Lets the proxies take turns. Confined to one thread. */
final class Comparison {
  private final List<Contender> contenders;
  private final Settings settings;
  private final Wrk wrk;
  private final Streams streams;
  private final Consumer<String> step;

  /**
   * @param step is told of each turn before it begins
   */
  Comparison(
      List<Contender> contenders,
      Settings settings,
      Wrk wrk,
      Streams streams,
      Consumer<String> step) {
    this.contenders = List.copyOf(contenders);
    this.settings = settings;
    this.wrk = wrk;
    this.streams = streams;
    this.step = step;
  }

  /** Every round begins with another proxy. */
  List<Turn> run(Case sent) throws IOException, InterruptedException {
    List<Turn> turns = new ArrayList<>();
    for (int round = 0; round < settings.rounds(); round++) {
      for (int i = 0; i < contenders.size(); i++) {
        Contender contender = contenders.get((i + round) % contenders.size());
        step.accept(contender.name() + " " + sent.label());
        contender.resume();
        if (round == 0) {
          warmUp(contender, sent == Case.STREAMS ? Case.SSE : sent);
        }
        turns.add(new Turn(contender.name(), round, turn(contender, sent)));
        contender.pause();
      }
    }
    return turns;
  }

  private void warmUp(Contender contender, Case sent) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + Settings.LONGEST_WARM_UP.toNanos();
    long done = 0;
    while (done < settings.warmUp() && System.nanoTime() < deadline) {
      done += load(contender, sent, Settings.CONNECTIONS, 1).requests();
    }
  }

  private Map<Figure, Double> turn(Contender contender, Case sent)
      throws IOException, InterruptedException {
    return sent == Case.STREAMS ? streams(contender) : requests(contender, sent);
  }

  private Result load(Contender contender, Case sent, int connections, int seconds)
      throws IOException, InterruptedException {
    return wrk.run(contender.url(), sent, contender.models(), connections, seconds);
  }

  private Map<Figure, Double> requests(Contender contender, Case sent)
      throws IOException, InterruptedException {
    load(contender, sent, Settings.CONNECTIONS, 1);
    double cpu = contender.cpuSeconds();
    Result many = load(contender, sent, Settings.CONNECTIONS, settings.seconds());
    cpu = contender.cpuSeconds() - cpu;
    double rss = contender.rssMib();
    Result one = load(contender, sent, 1, settings.secondsAtOne());
    Map<Figure, Double> figures = new EnumMap<>(Figure.class);
    put(figures, Figure.CPU_MICROS, 1e6 * cpu / many.requests());
    put(figures, Figure.RATE, many.rate());
    put(figures, Figure.P50_MICROS, many.p50());
    put(figures, Figure.P99_MICROS, many.p99());
    put(figures, Figure.MAX_MICROS, many.max());
    put(figures, Figure.ONE_P50_MICROS, one.p50());
    put(figures, Figure.ONE_P99_MICROS, one.p99());
    put(figures, Figure.CORE_PERCENT, 100 * cpu / (many.micros() / 1e6));
    put(figures, Figure.RSS_MIB, rss);
    put(figures, Figure.DONE, many.requests() + one.requests());
    put(figures, Figure.FAILED, many.failed() + one.failed());
    return figures;
  }

  private Map<Figure, Double> streams(Contender contender) throws InterruptedException {
    Streams.Result result = streams.run(contender.port(), contender.models(), contender);
    Map<Figure, Double> figures = new EnumMap<>(Figure.class);
    put(figures, Figure.CPU_MICROS, 1e6 * result.cpuSeconds() / result.meanwhile());
    put(figures, Figure.RATE, result.meanwhile() / result.seconds());
    put(figures, Figure.P50_MICROS, result.late(0.5));
    put(figures, Figure.P99_MICROS, result.late(0.99));
    put(figures, Figure.MAX_MICROS, result.late(1));
    put(figures, Figure.CORE_PERCENT, 100 * result.cpuSeconds() / result.seconds());
    put(figures, Figure.RSS_MIB, contender.rssMib());
    put(figures, Figure.DONE, result.arrived());
    put(figures, Figure.FAILED, result.expected() - result.arrived());
    return figures;
  }

  private static void put(Map<Figure, Double> figures, Figure figure, double value) {
    if (Double.isFinite(value)) {
      figures.put(figure, value);
    }
  }
}
