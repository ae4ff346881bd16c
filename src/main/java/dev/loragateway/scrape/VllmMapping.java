package dev.loragateway.scrape;

import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.EngineSleep;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** vLLM's metrics, old names and proposed ones included. Immutable. */
final class VllmMapping implements EngineMapping {
  static final VllmMapping INSTANCE = new VllmMapping();

  private static final MetricNames NAMES =
      MetricNames.of(
          "vllm:num_requests_running",
          "vllm:num_requests_waiting",
          "vllm:num_requests_waiting_by_reason",
          "vllm:kv_cache_usage_perc",
          "vllm:gpu_cache_usage_perc",
          "vllm:lora_requests_info",
          "vllm:lora_adapter_loaded",
          "vllm:num_gpu_loaded_lora_adapters",
          "vllm:max_gpu_lora_adapters",
          "vllm:max_loras",
          "vllm:max_lora",
          "vllm:engine_sleep_state",
          "vllm:request_success_total",
          "process_start_time_seconds");

  private VllmMapping() {}

  @Override
  public @Nullable EndpointLoad map(byte[] page, int length, double now) {
    Page samples = new Page();
    PrometheusParser.parse(page, length, samples);
    return samples.load(now);
  }

  /** What was seen of a page so far. Confined to the thread that parses. */
  private static final class Page implements SampleVisitor {
    private final Set<String> engines = new HashSet<>();
    private final LoraActivity activity = new LoraActivity();
    private final LoraResidency residency = new LoraResidency();
    private boolean recognised;
    private int running;
    private int waiting;
    private int deferred;
    private double kvCache = Double.NaN;
    private double formerKvCache = Double.NaN;
    private int gpuSlots;
    private double processStart = Double.NaN;
    private boolean tellsSleep;
    private boolean sleeps;
    private boolean offloaded;
    private long finished;

    @Override
    public @Nullable String wanted(byte[] page, int from, int to) {
      return NAMES.find(page, from, to);
    }

    @Override
    public void sample(String name, Labels labels, double value) {
      switch (name) {
        case "vllm:num_requests_running" -> running = addRequests(running, labels, value);
        case "vllm:num_requests_waiting" -> waiting = addRequests(waiting, labels, value);
        case "vllm:num_requests_waiting_by_reason" -> addReason(labels, value);
        case "vllm:kv_cache_usage_perc" -> kvCache = Gauges.maxShare(kvCache, value);
        case "vllm:gpu_cache_usage_perc" -> formerKvCache = Gauges.maxShare(formerKvCache, value);
        case "vllm:lora_requests_info" -> activity.add(labels, value);
        case "vllm:lora_adapter_loaded" -> residency.addAdapter(labels, value);
        case "vllm:num_gpu_loaded_lora_adapters" -> residency.addTotal(labels, value);
        case "process_start_time_seconds" -> processStart = value;
        case "vllm:engine_sleep_state" -> addSleep(labels.getOrEmpty("sleep_state"), value);
        case "vllm:request_success_total" -> finished += value > 0 ? (long) value : 0;
        default -> gpuSlots = Math.max(gpuSlots, Gauges.count(value));
      }
    }

    private void addReason(Labels labels, double value) {
      if (labels.getOrEmpty("reason").equals("deferred")) {
        deferred = Gauges.sum(deferred, Gauges.count(value));
      }
    }

    /** Of three states one is 1; none is when the engine is only paused. */
    private void addSleep(String state, double value) {
      boolean is = value > 0;
      switch (state) {
        case "awake" -> {
          tellsSleep = true;
          sleeps |= !is;
        }
        case "weights_offloaded" -> offloaded |= is;
        default -> {
          // Without weights: asleep, but not so that waking it is enough.
        }
      }
    }

    private EngineSleep sleep() {
      if (!tellsSleep) {
        return EngineSleep.UNKNOWN;
      }
      EngineSleep asleep = offloaded ? EngineSleep.ASLEEP : EngineSleep.SUSPENDED;
      return sleeps ? asleep : EngineSleep.AWAKE;
    }

    private int addRequests(int sum, Labels labels, double value) {
      recognised = true;
      engines.add(labels.getOrEmpty("engine"));
      return Gauges.sum(sum, Gauges.count(value));
    }

    @Nullable EndpointLoad load(double now) {
      if (!recognised) {
        return null;
      }
      return new EndpointLoad(
          running,
          waiting,
          Double.isNaN(kvCache) ? formerKvCache : kvCache,
          gpuSlots > 0 ? gpuSlots : activity.maxLora(),
          engines.size(),
          processStart,
          activity.active(),
          Math.min(deferred, waiting),
          activity.idleSeconds(now),
          residency.loaded(),
          sleep(),
          finished);
    }
  }
}
