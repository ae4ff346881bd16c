package dev.loragateway.config;

import dev.loragateway.config.Addresses.EndpointUrl;
import dev.loragateway.config.GatewayConfig.Pool;
import dev.loragateway.kubernetes.KubernetesSource;
import dev.loragateway.model.Endpoint;
import dev.loragateway.model.UpstreamAccess;
import dev.loragateway.model.UpstreamTls;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.RoutingPolicy;
import dev.loragateway.registry.RoutingSettings;
import dev.loragateway.registry.SleepSettings;
import dev.loragateway.scrape.Engine;
import dev.loragateway.scrape.ScrapeSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the pools of one file, and sees to it that no two want the same name or endpoint. Confined
 * to the reading thread.
 */
final class PoolReader {
  private static final Duration MILLISECOND = Duration.ofMillis(1);
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Format<Integer> COUNT = Quantities.integer(1, 1_000_000);
  private static final Format<Duration> SLEEP_AFTER =
      Quantities.duration(Duration.ofSeconds(1), Duration.ofHours(24));

  /** Intervals after which an answer is too old: an idle endpoint is asked every fourth time. */
  private static final int INTERVALS_UNTIL_STALE = 6;

  /** How much less often an idle endpoint is asked. */
  private static final int IDLE_FACTOR = 4;

  private static final Duration LEAST_STALE_AFTER = Duration.ofSeconds(3);

  private final TlsReader tlsReader;
  private final AliasReader aliasReader;
  private final Map<String, TimeoutReader.OfPool> timeouts = new LinkedHashMap<>();
  private final ClaimedNames poolNames;
  private final ClaimedNames modelNames;
  private final ClaimedNames addresses;

  PoolReader(TlsReader tlsReader, Findings findings) {
    this.tlsReader = tlsReader;
    this.poolNames = new ClaimedNames("another name for each pool", findings);
    this.modelNames = new ClaimedNames("each model's name and alias once in the file", findings);
    this.aliasReader = new AliasReader(modelNames, findings);
    this.addresses = new ClaimedNames("each endpoint once in the file", findings);
  }

  Pool read(Section pool) {
    String name = claimed(poolNames, pool.require("name", Formats.POOL_NAME));
    String baseModel = claimed(modelNames, pool.require("baseModel", Formats.MODEL));
    int before = pool.faults();
    List<Located<EndpointUrl>> urls = urls(pool);
    boolean plain =
        pool.faults() == before
            && !discovers(pool)
            && urls.stream().noneMatch(url -> url.value().tls());
    Upstream upstream = pool.section("upstream", section -> upstream(section, plain));
    Scrape scrape = scrape(pool);
    Slots slots = slots(pool);
    List<KubernetesSource> sources = SourceReader.read(pool);
    PoolSettings settings =
        new PoolSettings(
            name,
            baseModel,
            pool.value("resolver", Formats.BOOLEAN, false),
            slots.gpu(),
            slots.cpu(),
            scrape.settings().engine() == Engine.VLLM,
            scrape.staleAfter(),
            aliasReader.read(pool),
            routing(pool),
            pool.section("queue", QueueReader::read),
            pool.section("scaling", ScalingReader::read),
            pool.section("outlierDetection", OutlierReader::read),
            sleep(pool, scrape.settings().engine()));
    TimeoutReader.OfPool differing = pool.section("timeouts", TimeoutReader::ofPool);
    if (pool.has("timeouts")) {
      timeouts.put(name, differing);
    }
    UpstreamAccess found = upstream.access(upstream.tlsGiven());
    return new Pool(settings, endpoints(name, urls, upstream), sources, found, scrape.settings());
  }

  /** Names of models and aliases that are taken. */
  ClaimedNames modelNames() {
    return modelNames;
  }

  /** What differs for each pool, by name. */
  Map<String, TimeoutReader.OfPool> timeouts() {
    return timeouts;
  }

  private static String claimed(ClaimedNames names, @Nullable Located<String> found) {
    if (found == null) {
      return "";
    }
    names.claim(found.value(), found.path(), found.line());
    return found.value();
  }

  /** Whether endpoints of the pool are found in Kubernetes. */
  private static boolean discovers(Section pool) {
    return pool.has("kubernetes") || pool.has("inferencePool");
  }

  private List<Located<EndpointUrl>> urls(Section pool) {
    if (!pool.has("endpoints") && discovers(pool)) {
      return List.of();
    }
    List<Located<EndpointUrl>> urls =
        pool.values("endpoints", "a list of at least one URL", Addresses.ENDPOINT);
    for (Located<EndpointUrl> url : urls) {
      String address = Endpoint.address(url.value().host(), url.value().port());
      addresses.claim(address, url.path(), url.line());
    }
    return urls;
  }

  private static List<Endpoint> endpoints(
      String pool, List<Located<EndpointUrl>> urls, Upstream upstream) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (Located<EndpointUrl> located : urls) {
      EndpointUrl url = located.value();
      String address = Endpoint.address(url.host(), url.port());
      UpstreamAccess access = upstream.access(url.tls());
      endpoints.add(new Endpoint(pool, address, url.host(), url.port(), access));
    }
    return endpoints;
  }

  /** What the endpoints of a pool have in common. */
  private record Upstream(boolean tlsGiven, UpstreamTls tls, @Nullable String apiKey) {
    UpstreamAccess access(boolean secure) {
      return new UpstreamAccess(secure ? tls : null, apiKey);
    }
  }

  private Upstream upstream(Section section, boolean plain) {
    Located<String> apiKey = section.find("apiKey", Formats.SECRET);
    UpstreamTls tls = section.section("tls", tlsReader::upstream);
    if (plain && section.has("tls")) {
      section.fault("tls", "has no effect: every endpoint is http (expected: https endpoints)");
    }
    return new Upstream(section.has("tls"), tls, apiKey == null ? null : apiKey.value());
  }

  /** What is asked how often, and when an answer is too old. */
  private record Scrape(ScrapeSettings settings, Duration staleAfter) {}

  private static Scrape scrape(Section pool) {
    Engine engine =
        pool.value(
            "engine",
            Formats.choice(Engine.values(), one -> one.name().toLowerCase(Locale.ROOT)),
            ScrapeSettings.DEFAULTS.engine());
    return pool.section("scrape", section -> scrape(section, engine));
  }

  private static Scrape scrape(Section section, Engine engine) {
    int before = section.faults();
    ScrapeSettings defaults = ScrapeSettings.DEFAULTS;
    ScrapeSettings settings =
        new ScrapeSettings(
            section.value(
                "interval",
                Quantities.duration(Duration.ofMillis(50), MINUTE),
                defaults.interval()),
            section.value("timeout", Quantities.duration(MILLISECOND, MINUTE), defaults.timeout()),
            section.value(
                "modelsInterval",
                Quantities.duration(Duration.ofMillis(50), HOUR),
                defaults.modelsInterval()),
            engine);
    Duration staleAfter =
        section.value(
            "staleAfter", Quantities.duration(MILLISECOND, HOUR), staleAfter(settings.interval()));
    if (section.faults() == before) {
      checkStaleAfter(section, settings.interval(), staleAfter);
    }
    return new Scrape(settings, staleAfter);
  }

  private static Duration staleAfter(Duration interval) {
    Duration several = interval.multipliedBy(INTERVALS_UNTIL_STALE);
    return several.compareTo(LEAST_STALE_AFTER) > 0 ? several : LEAST_STALE_AFTER;
  }

  private static void checkStaleAfter(Section section, Duration interval, Duration staleAfter) {
    if (staleAfter.compareTo(interval) <= 0) {
      section.fault(
          "staleAfter",
          "%s is not longer than the interval %s (expected: several intervals)"
              .formatted(Quantities.show(staleAfter), Quantities.show(interval)));
    } else if (staleAfter.compareTo(interval.multipliedBy(IDLE_FACTOR)) < 0) {
      section.warn(
          "staleAfter",
          "is below four intervals: an idle endpoint, which is read a quarter as often, will count"
              + " as unknown at times");
    }
  }

  private static @Nullable SleepSettings sleep(Section pool, Engine engine) {
    boolean there = pool.has("sleep");
    if (there && engine != Engine.VLLM) {
      pool.fault("sleep", "is for vllm alone (expected: engine vllm, or no sleep)");
    }
    return pool.section("sleep", section -> sleep(section, there));
  }

  private static @Nullable SleepSettings sleep(Section section, boolean there) {
    Located<Duration> after =
        there ? section.require("after", SLEEP_AFTER) : section.find("after", SLEEP_AFTER);
    Located<Integer> level = section.find("level", Quantities.integer(1, 2));
    if (level != null && level.value() == 2) {
      section.fault("level", "2 drops the weights, which no call brings back (expected: 1)");
    }
    return after == null ? null : new SleepSettings(after.value());
  }

  /** Adapters that an endpoint holds at once; 0 = unset. */
  private record Slots(int gpu, int cpu) {}

  private static Slots slots(Section pool) {
    Slots slots =
        new Slots(pool.value("adapterSlots", COUNT, 0), pool.value("cpuAdapterSlots", COUNT, 0));
    if (slots.cpu() != 0 && slots.cpu() < slots.gpu()) {
      pool.fault(
          "cpuAdapterSlots",
          "%d is below adapterSlots %d (expected: at least as many, as vLLM demands)"
              .formatted(slots.cpu(), slots.gpu()));
    }
    return slots;
  }

  /** Reports each alias, of any pool, that leads to another one. */
  void checkAliases() {
    aliasReader.check();
  }

  private static RoutingSettings routing(Section pool) {
    Saturation saturation = pool.section("saturation", PoolReader::saturation);
    int places = pool.value("maxNumSeqs", COUNT, RoutingSettings.DEFAULTS.maxNumSeqs());
    return pool.section("routing", section -> routing(section, places, saturation));
  }

  private static RoutingSettings routing(Section section, int places, Saturation saturation) {
    RoutingSettings defaults = RoutingSettings.DEFAULTS;
    Format<Duration> swap = Quantities.duration(MILLISECOND, HOUR);
    return new RoutingSettings(
        section.value(
            "policy",
            Formats.choice(RoutingPolicy.values(), RoutingPolicy::label),
            defaults.policy()),
        places,
        saturation.maxWaiting(),
        saturation.maxKvCache(),
        saturation.maxInFlight(),
        section.value("tokenTime", Quantities.duration(MILLISECOND, MINUTE), defaults.tokenTime()),
        section.value("outputTokens", COUNT, defaults.outputTokens()),
        section.value("cpuSwap", swap, defaults.cpuSwap()),
        section.value("diskSwap", swap, defaults.diskSwap()));
  }

  /** From when on an endpoint gets no further requests. */
  private record Saturation(int maxWaiting, double maxKvCache, int maxInFlight) {}

  private static Saturation saturation(Section section) {
    RoutingSettings defaults = RoutingSettings.DEFAULTS;
    return new Saturation(
        section.value("maxWaiting", Quantities.integer(0, 1_000_000), defaults.maxWaiting()),
        section.value("maxKvCache", Quantities.FRACTION, defaults.maxKvCache()),
        section.value("maxInFlight", Quantities.integer(0, 1_000_000), defaults.maxInFlight()));
  }
}
