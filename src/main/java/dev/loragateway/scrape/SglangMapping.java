package dev.loragateway.scrape;

import dev.loragateway.model.EndpointLoad;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** SGLang's metrics. It tells nothing about adapters. Immutable. */
final class SglangMapping implements EngineMapping {
  static final SglangMapping INSTANCE = new SglangMapping();

  private static final MetricNames NAMES =
      MetricNames.of(
          "sglang:num_running_reqs",
          "sglang:num_queue_reqs",
          "sglang:token_usage",
          "process_start_time_seconds");

  private SglangMapping() {}

  @Override
  public @Nullable EndpointLoad map(byte[] page, int length, double now) {
    Page samples = new Page();
    PrometheusParser.parse(page, length, samples);
    return samples.load();
  }

  /**
   * What was seen of a page so far. The tensor-parallel ranks of one data-parallel rank may each
   * report the same requests, so only the largest of them counts. Confined to the thread that
   * parses.
   */
  private static final class Page implements SampleVisitor {
    private final Map<String, Integer> running = new HashMap<>();
    private final Map<String, Integer> waiting = new HashMap<>();
    private double kvCache = Double.NaN;
    private double processStart = Double.NaN;

    @Override
    public @Nullable String wanted(byte[] page, int from, int to) {
      return NAMES.find(page, from, to);
    }

    @Override
    public void sample(String name, Labels labels, double value) {
      switch (name) {
        case "sglang:num_running_reqs" -> add(running, labels, value);
        case "sglang:num_queue_reqs" -> add(waiting, labels, value);
        case "sglang:token_usage" -> kvCache = Gauges.maxShare(kvCache, value);
        default -> processStart = value;
      }
    }

    private static void add(Map<String, Integer> byRank, Labels labels, double value) {
      byRank.merge(labels.getOrEmpty("dp_rank"), Gauges.count(value), Math::max);
    }

    @Nullable EndpointLoad load() {
      if (running.isEmpty() && waiting.isEmpty()) {
        return null;
      }
      int engines = Math.max(running.size(), waiting.size());
      return new EndpointLoad(
          sum(running), sum(waiting), kvCache, 0, engines, processStart, null, null);
    }

    private static int sum(Map<String, Integer> byRank) {
      int sum = 0;
      for (int count : byRank.values()) {
        sum = Gauges.sum(sum, count);
      }
      return sum;
    }
  }
}
