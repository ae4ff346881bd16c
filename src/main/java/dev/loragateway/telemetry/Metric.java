package dev.loragateway.telemetry;

import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.LongStream;

/**
 * Every metric of the gateway: its name, kind, labels and meaning. docs/metrics.md is made of this.
 * Immutable.
 */
enum Metric {
  REQUESTS(
      "requests",
      Kind.COUNTER,
      "requests that were routed, by the model asked for (aliases resolved) and the "
          + "status answered; 499 = the client left first",
      "pool",
      "adapter",
      "code"),
  REQUEST_TIME(
      "request", Kind.DURATION, "from the whole request received to the end of the answer", "pool"),
  FIRST_TOKEN_TIME(
      "time_to_first_token",
      Kind.DURATION,
      "from the whole request received to the first byte of the answer's body",
      "pool"),
  INTER_TOKEN_TIME(
      "inter_token",
      Kind.TOKEN,
      "time between two tokens of a streamed answer, its mean over the answer: from "
          + "the first byte to the end, over the tokens but one that the server counted; "
          + "absent for answers without a count",
      "pool"),
  OVERHEAD(
      "overhead",
      Kind.OVERHEAD,
      "from the whole request received to its first dispatch, connecting included, "
          + "the wait for a place not",
      "pool"),
  QUEUE_TIME(
      "queue", Kind.DURATION, "how long requests waited for a place, of those that did", "pool"),
  QUEUE_DEPTH("queue_depth", Kind.GAUGE, "requests that wait for a place", "pool"),
  DESIRED_ENDPOINTS(
      "desired_endpoints",
      Kind.GAUGE,
      "how many endpoints the pool should have, by [its load and its "
          + "adapters](configuration.md#poolsscaling); absent until its endpoints were "
          + "asked once",
      "pool"),
  WARMUPS(
      "warmups",
      Kind.COUNTER,
      "adapters loaded ahead of the requests that wait for them",
      "pool",
      "endpoint",
      "loaded"),
  PICKS(
      "picks",
      Kind.COUNTER,
      "dispatches by what the pick found: `base`, `resident`, `swap`, `load`; `queue` "
          + "= after a wait in the gateway",
      "pool",
      "tier"),
  HITS("adapter_hits", Kind.COUNTER, "dispatches to an adapter in a GPU slot", "pool", "endpoint"),
  MISSES(
      "adapter_misses",
      Kind.COUNTER,
      "dispatches that need a swap or wait for one",
      "pool",
      "endpoint"),
  SWAPS(
      "adapter_swaps",
      Kind.COUNTER,
      "adapters that took a GPU slot, by the estimate",
      "pool",
      "endpoint"),
  SWAP_TIME(
      "adapter_swap",
      Kind.DURATION,
      "swap times. `source=\"estimated\"`: by how much the first byte came later than "
          + "without a swap",
      "pool",
      "endpoint",
      "source"),
  EVICTIONS(
      "adapter_evictions",
      Kind.COUNTER,
      "adapters that lost a GPU slot; `recent=\"true\"`: used within the last 60 s",
      "pool",
      "endpoint",
      "recent"),
  ADAPTERS_RESIDENT(
      "adapters_resident",
      Kind.GAUGE,
      "adapters held, `level` is `gpu` or `cpu`; those in GPU slots count under both",
      "pool",
      "endpoint",
      "level"),
  ADAPTERS_ACTIVE(
      "adapters_active",
      Kind.GAUGE,
      "adapters with requests of this gateway under way",
      "pool",
      "endpoint"),
  ADAPTERS_DECLARED(
      "adapters_declared",
      Kind.GAUGE,
      "adapters that the [control plane](adapters.md) should serve, by how they fare: "
          + "`pending`, `loading`, `ready`, `degraded`, `archived`, `failed`, `refused`; "
          + "absent without `adapters`",
      "phase"),
  LOAD_TIME(
      "adapter_load",
      Kind.DURATION,
      "loads by the control plane, from the call to load to the first token; "
          + "`ok=\"false\"`: it failed",
      "pool",
      "endpoint",
      "ok"),
  UNLOADS(
      "adapter_unloads",
      Kind.COUNTER,
      "adapters that the control plane took away",
      "pool",
      "endpoint",
      "ok"),
  CORRECTIONS(
      "residency_corrections",
      Kind.COUNTER,
      "adapters whose estimated residency a scrape put right",
      "pool",
      "endpoint"),
  ENDPOINT_UP(
      "endpoint_up",
      Kind.GAUGE,
      "1 when the endpoint may be picked, if need be once it is woken",
      "pool",
      "endpoint"),
  ENDPOINTS_ASLEEP(
      "endpoints_asleep",
      Kind.GAUGE,
      "endpoints whose engine sleeps, whoever put it to sleep",
      "pool"),
  SLEEPS(
      "sleeps",
      Kind.COUNTER,
      "times that an endpoint was to be put to sleep; `ok=\"false\"`: it cannot, or nobody knows "
          + "whether it did, and it is woken",
      "pool",
      "endpoint",
      "ok"),
  WAKE_UP_TIME("wake_up", Kind.DURATION, "calls that wake an endpoint", "pool", "endpoint", "ok"),
  DISCOVERY_WATCHING(
      "discovery_watching",
      Kind.GAUGE,
      "1 while the Service or InferencePool, or the pods or adapters' objects of a namespace or the"
          + " Secret of keys (then `pool` is empty), are watched, or the directory of adapters can"
          + " be looked through; 0 = what was known last is in use",
      "pool",
      "source"),
  DISCOVERY_ERRORS(
      "discovery_errors",
      Kind.COUNTER,
      "requests to the Kubernetes API that failed, by status; 0 = without an answer",
      "pool",
      "code"),
  ANNOTATIONS_LEADER(
      "annotations_leader", Kind.GAUGE, "1 at the gateway that holds the Lease and annotates pods"),
  ADAPTERS_LEADER(
      "adapters_leader",
      Kind.GAUGE,
      "1 at the gateway that loads adapters: at each one that has the control plane, or, "
          + "where objects declare adapters, at the one that holds the Lease"),
  POD_ANNOTATIONS(
      "pod_annotations",
      Kind.COUNTER,
      "annotations of pods written (`true`), or refused by the API server (`false`)",
      "done"),
  REQUESTS_IN_FLIGHT(
      "requests_in_flight",
      Kind.GAUGE,
      "requests of this gateway under way there",
      "pool",
      "endpoint"),
  SCRAPE_TIME("scrape", Kind.DURATION, "reads of the servers' metrics", "pool", "ok"),
  SCRAPE_AGE(
      "scrape_age",
      Kind.SECONDS,
      "how old the last page of the server's metrics is that could be read; absent "
          + "before the first",
      "pool",
      "endpoint"),
  RETRIES(
      "retries",
      Kind.COUNTER,
      "requests tried again: `connect`, `no_response`, `broken`, `malformed`, "
          + "`model_not_found`, `status_503` (or another of `retries.statuses`), "
          + "`error_event` (a stream that began with an error)",
      "reason"),
  EJECTIONS(
      "ejections",
      Kind.COUNTER,
      "times that an endpoint was taken out because it failed requests",
      "pool",
      "endpoint"),
  LIMIT_SYNCS(
      "limit_syncs",
      Kind.COUNTER,
      "exchanges with other gateways, through Redis, of what callers used; "
          + "`ok=\"false\"`: the gateway goes by its own count",
      "ok"),
  ACCESS_SOURCE_CURRENT(
      "access_source_current",
      Kind.GAUGE,
      "1 while the newest content of a source of keys is in use, as far as can be "
          + "told: `files` (the configuration and the files that belong to it), "
          + "`keysSecret`, `jwksUrl`; 0 = it is wrong or cannot be read, and what was read "
          + "last is in use. Absent without `access`",
      "source"),
  PRESSURE(
      "pressure",
      Kind.GAUGE,
      "how much of a limit is in use, 1 = all of it: `heap` and `direct` "
          + "(`limits.memory`), `requests`, `buffered`",
      "resource"),
  REJECTIONS(
      "rejections",
      Kind.COUNTER,
      "errors that the gateway answered itself, by their `code`; `key_limit` for a "
          + "key beyond its limits",
      "reason"),
  TOKENS(
      "tokens",
      Kind.COUNTER,
      "tokens as the servers counted them, `input` or `output`",
      "pool",
      "direction"),
  ADAPTER_TOKENS(
      "adapter_tokens",
      Kind.COUNTER,
      "the same by the model asked for",
      "pool",
      "adapter",
      "direction"),
  ACCESS_LOG_DROPPED(
      "access_log_dropped",
      Kind.COUNTER,
      "lines of the access log that were lost, since they came faster than they could be written "
          + "or could not be written at all"),
  CONNECTIONS("connections", Kind.GAUGE, "open client connections"),
  BUFFERED_BYTES("buffered_bytes", Kind.GAUGE, "bytes of request bodies held");

  /** Before the name of each. */
  static final String PREFIX = "lora_gateway_";

  private static final Pattern LINK = Pattern.compile("\\[([^]]*)]\\([^)]*\\)");

  private final String plainName;
  private final Kind kind;
  private final String meaning;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<String> labels;

  Metric(String plainName, Kind kind, String meaning, String... labels) {
    this.plainName = plainName;
    this.kind = kind;
    this.meaning = meaning;
    this.labels = List.of(labels);
  }

  /** What a metric measures, and in which buckets. */
  enum Kind {
    COUNTER("_total"),
    GAUGE(""),
    /** A gauge in seconds. */
    SECONDS("_seconds"),
    /** A histogram of the gateway's own time: it is measured in tens of microseconds. */
    OVERHEAD("_seconds", 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000, 100_000),
    /** A histogram of the time that a server takes for a token. */
    TOKEN(
        "_seconds",
        1000,
        2500,
        5000,
        10_000,
        25_000,
        50_000,
        75_000,
        100_000,
        150_000,
        200_000,
        300_000,
        500_000,
        1_000_000,
        2_500_000),
    /** A histogram of what a server takes for a request. */
    DURATION(
        "_seconds",
        5000,
        10_000,
        25_000,
        50_000,
        100_000,
        250_000,
        500_000,
        1_000_000,
        2_500_000,
        5_000_000,
        10_000_000,
        30_000_000,
        60_000_000,
        300_000_000);

    private final String suffix;

    @SuppressWarnings("ImmutableEnumChecker") // made by toList
    private final List<Duration> buckets;

    Kind(String suffix, long... micros) {
      this.suffix = suffix;
      this.buckets = LongStream.of(micros).mapToObj(each -> Duration.ofNanos(each * 1000)).toList();
    }

    boolean histogram() {
      return !buckets.isEmpty();
    }

    Duration[] buckets() {
      return buckets.toArray(Duration[]::new);
    }
  }

  /** The name by which the registry makes it, without what Prometheus' format adds. */
  String meter() {
    return PREFIX + plainName + (kind == Kind.SECONDS ? kind.suffix : "");
  }

  /** The name as {@code /metrics} shows it, without a histogram's suffixes. */
  String exposed() {
    return PREFIX + plainName + kind.suffix;
  }

  Kind kind() {
    return kind;
  }

  List<String> labels() {
    return labels;
  }

  /** What it says, in Markdown. */
  String meaning() {
    return meaning;
  }

  /** The same as plain text. */
  String help() {
    return LINK.matcher(meaning).replaceAll("$1").replace("`", "");
  }
}
