package dev.loragateway.sim;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** One rendering of the metrics page, family by family. Confined to one call. */
final class SimMetricsPage {
  /** The labels that every metric of the engine has. Immutable. */
  record Labels(String engine, String model, String both) {
    static Labels of(String baseModel) {
      String engine = "engine=\"0\"";
      String model = "model_name=\"" + PromPage.escape(baseModel) + "\"";
      return new Labels(engine, model, engine + "," + model);
    }
  }

  /** What has been counted since the process started. Guarded by {@link SimMetrics}. */
  static final class Counts {
    final SimHistogram timeToFirstToken =
        SimHistogram.seconds(
            "vllm:time_to_first_token_seconds", "Histogram of time to first token in seconds.");
    final SimHistogram interTokenLatency =
        SimHistogram.seconds(
            "vllm:inter_token_latency_seconds", "Histogram of inter-token latency in seconds.");
    final SimHistogram latency =
        SimHistogram.seconds(
            "vllm:e2e_request_latency_seconds", "Histogram of e2e request latency in seconds.");
    final SimHistogram queueTime =
        SimHistogram.seconds(
            "vllm:request_queue_time_seconds",
            "Histogram of time spent in WAITING phase for request.");
    final SimHistogram prefillTime =
        SimHistogram.seconds(
            "vllm:request_prefill_time_seconds",
            "Histogram of time spent in PREFILL phase for request.");
    final SimHistogram decodeTime =
        SimHistogram.seconds(
            "vllm:request_decode_time_seconds",
            "Histogram of time spent in DECODE phase for request.");
    final SimHistogram requestPromptTokens =
        SimHistogram.tokens("vllm:request_prompt_tokens", "Number of prefill tokens processed.");
    final SimHistogram requestGenerationTokens =
        SimHistogram.tokens(
            "vllm:request_generation_tokens", "Number of generation tokens processed.");
    final SimHistogram adapterLoad =
        SimHistogram.seconds(
            "vllm:lora_adapter_load_seconds", "Histogram of time to load a LoRA adapter.");
    final Map<String, Double> success = new LinkedHashMap<>();
    final Map<String, Double> http = new TreeMap<>();
    double promptTokens;
    double generationTokens;

    Counts() {
      for (String reason : List.of("stop", "length", "abort", "error", "repetition")) {
        success.put(reason, 0.0);
      }
    }

    void finished(EngineRequest request, double seconds) {
      latency.observe(seconds);
      queueTime.observe((request.scheduled - request.arrived) / 1e9);
      prefillTime.observe((request.firstToken - request.scheduled) / 1e9);
      decodeTime.observe((request.lastToken - request.firstToken) / 1e9);
      requestPromptTokens.observe(request.promptTokens);
      requestGenerationTokens.observe(request.generated);
    }
  }

  private final PromPage page = new PromPage();
  private final Labels labels;
  private final double started;

  SimMetricsPage(Labels labels, double started) {
    this.labels = labels;
    this.started = started;
  }

  String text() {
    return page.text();
  }

  void process() {
    page.gauge(
        "process_resident_memory_bytes",
        "Resident memory size in bytes.",
        "",
        (double) Runtime.getRuntime().totalMemory());
    page.gauge(
        "process_start_time_seconds",
        "Start time of the process since unix epoch in seconds.",
        "",
        started);
  }

  void gauges(SimMetrics.Gauges now) {
    page.gauge(
        "vllm:num_requests_running",
        "Number of requests in model execution batches.",
        labels.both,
        now.running());
    page.gauge(
        "vllm:num_requests_waiting",
        "Number of requests waiting to be processed.",
        labels.both,
        now.capacity() + now.deferred());
    String byReason = "vllm:num_requests_waiting_by_reason";
    page.family(byReason, "gauge", "Number of waiting requests by reason.");
    page.sample(byReason, labels.both + ",reason=\"capacity\"", now.capacity());
    page.sample(byReason, labels.both + ",reason=\"deferred\"", now.deferred());
    page.gauge(
        "vllm:kv_cache_usage_perc",
        "KV-cache usage. 1 means 100 percent usage.",
        labels.both,
        now.kvUse());
  }

  /** Of the three states none is 1 at level 0. */
  void sleep(int level) {
    String name = "vllm:engine_sleep_state";
    page.family(name, "gauge", "Engine sleep state; awake = 0 means engine is sleeping.");
    page.sample(name, labels.both + ",sleep_state=\"awake\"", level == SimSleep.AWAKE ? 1 : 0);
    page.sample(name, labels.both + ",sleep_state=\"weights_offloaded\"", level == 1 ? 1 : 0);
    page.sample(name, labels.both + ",sleep_state=\"discard_all\"", level == 2 ? 1 : 0);
  }

  void counts(Counts counts) {
    counter("vllm:num_preemptions_total", "Cumulative number of preemption from the engine.", 0);
    counter("vllm:prompt_tokens_total", "Number of prefill tokens processed.", counts.promptTokens);
    counter(
        "vllm:generation_tokens_total",
        "Number of generation tokens processed.",
        counts.generationTokens);
    String success = "vllm:request_success_total";
    page.family(success, "counter", "Count of successfully processed requests.");
    counts.success.forEach(
        (reason, n) ->
            page.sample(
                success, labels.engine + ",finished_reason=\"" + reason + "\"," + labels.model, n));
    for (SimHistogram histogram :
        List.of(
            counts.requestPromptTokens,
            counts.requestGenerationTokens,
            counts.timeToFirstToken,
            counts.interTokenLatency,
            counts.latency,
            counts.queueTime,
            counts.prefillTime,
            counts.decodeTime)) {
      histogram.write(page, labels.engine, labels.model, started);
    }
  }

  /** One series per set of names; its value is the unix time at which the set was last seen. */
  void loraInfo(int maxLoras, Map<String, Double> seen) {
    String name = "vllm:lora_requests_info";
    page.family(name, "gauge", "Running stats on lora requests.");
    seen.forEach(
        (names, time) -> {
          String escaped = PromPage.escape(names);
          page.sample(
              name,
              "max_lora=\"%d\",running_lora_adapters=\"%s\",waiting_lora_adapters=\"%s\""
                  .formatted(maxLoras, escaped, escaped),
              time);
        });
  }

  /** The families that tell which adapters are resident: one series per adapter, at its level. */
  void loaded(SimWorker.Slots slots, int maxLoras, Counts counts) {
    page.gauge(
        "vllm:num_gpu_loaded_lora_adapters",
        "Number of LoRA adapters in GPU slots.",
        labels.engine,
        slots.gpu().size());
    page.gauge(
        "vllm:num_cpu_loaded_lora_adapters",
        "Number of LoRA adapters in CPU slots.",
        labels.engine,
        slots.cpu().size());
    page.gauge("vllm:max_gpu_lora_adapters", "Number of GPU slots.", labels.engine, maxLoras);
    String name = "vllm:lora_adapter_loaded";
    page.family(name, "gauge", "LoRA adapters that are loaded.");
    slots.gpu().stream().distinct().forEach(adapter -> loaded(name, adapter, "gpu"));
    slots.cpu().stream()
        .distinct()
        .filter(adapter -> !slots.gpu().contains(adapter))
        .forEach(adapter -> loaded(name, adapter, "cpu"));
    counts.adapterLoad.write(page, labels.engine, labels.model, started);
  }

  void cacheConfig(long tokens) {
    page.gauge(
        "vllm:cache_config_info",
        "Information of the LLMEngine CacheConfig",
        "block_size=\"16\",cache_dtype=\"auto\",enable_prefix_caching=\"False\",%s,num_gpu_blocks=\"%d\""
            .formatted(labels.engine, Math.max(1, tokens / 16)),
        1);
  }

  void http(Map<String, Double> answers) {
    String name = "http_requests_total";
    page.family(name, "counter", "Total number of requests by method, status and handler.");
    answers.forEach((key, n) -> page.sample(name, key, n));
  }

  private void loaded(String name, String adapter, String level) {
    page.sample(
        name,
        "adapter_name=\"%s\",%s,level=\"%s\",pinned=\"false\""
            .formatted(PromPage.escape(adapter), labels.engine, level),
        1);
  }

  private void counter(String name, String help, double value) {
    page.family(name, "counter", help);
    page.sample(name, labels.both, value);
  }
}
