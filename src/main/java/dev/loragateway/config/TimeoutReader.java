package dev.loragateway.config;

import dev.loragateway.proxy.ProxySettings.Answer;
import dev.loragateway.proxy.ProxySettings.Differing;
import dev.loragateway.proxy.ProxySettings.Timeouts;
import dev.loragateway.proxy.Routes;
import dev.loragateway.upstream.UpstreamSettings;
import dev.loragateway.upstream.UpstreamSettings.Connect;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads how long each phase may take: in general, for a pool, for a path. Stateless. */
final class TimeoutReader {
  private static final Duration DAY = Duration.ofHours(24);
  private static final Duration MILLISECOND = Duration.ofMillis(1);
  private static final Format<Duration> OFF_OR_UP_TO_A_DAY = Quantities.durationOrOff(DAY);
  private static final Format<Duration> CONNECT =
      Quantities.duration(MILLISECOND, Duration.ofMinutes(10));

  private static final Format<String> PATH =
      new Format<>(
          "a path that is forwarded by model, as /v1/embeddings",
          text ->
              Routes.paths().contains(text)
                  ? new Parsed.Value<>(text)
                  : Parsed.wrong(text, "is no such path"));

  /** Idle connections are closed by vLLM after this: its {@code VLLM_HTTP_TIMEOUT_KEEP_ALIVE}. */
  private static final Duration VLLM_KEEP_ALIVE = Duration.ofSeconds(5);

  private TimeoutReader() {}

  /** What differs for one pool; the rest is null. */
  record OfPool(Differing answer, @Nullable Duration connect, @Nullable Duration tls) {
    Connect on(Connect base) {
      return new Connect(connect == null ? base.tcp() : connect, tls == null ? base.tls() : tls);
    }
  }

  /** Both sides of the gateway, which one section of the file settles. */
  record Both(Timeouts proxy, UpstreamSettings upstream) {}

  static OfPool ofPool(Section section) {
    return new OfPool(
        differing(section), maybe(section, "connect", CONNECT), maybe(section, "tls", CONNECT));
  }

  private static Differing differing(Section section) {
    return new Differing(
        maybe(section, "firstByte", OFF_OR_UP_TO_A_DAY),
        maybe(section, "idle", OFF_OR_UP_TO_A_DAY),
        maybe(section, "total", OFF_OR_UP_TO_A_DAY));
  }

  private static @Nullable Duration maybe(Section section, String key, Format<Duration> format) {
    Located<Duration> found = section.find(key, format);
    return found == null ? null : found.value();
  }

  /** Reads the section of the whole file; {@code pools} by name. */
  static Both read(Section section, Map<String, OfPool> pools) {
    Answer answer = differing(section).on(Answer.DEFAULTS);
    Map<String, Differing> answers = new HashMap<>();
    pools.forEach((name, pool) -> answers.put(name, pool.answer()));
    Timeouts defaults = Timeouts.DEFAULTS;
    return new Both(
        new Timeouts(
            answer,
            answers,
            routes(section),
            section.value("requestHeader", OFF_OR_UP_TO_A_DAY, defaults.requestHeader()),
            section.value("requestBody", OFF_OR_UP_TO_A_DAY, defaults.requestBody()),
            section.value("keepAlive", OFF_OR_UP_TO_A_DAY, defaults.keepAlive())),
        upstream(section, pools));
  }

  private static Map<String, Differing> routes(Section section) {
    Map<String, Differing> routes = new HashMap<>();
    var _ =
        section.optionalSections(
            "routes",
            "a list of paths with their timeouts",
            route -> {
              Located<String> path = route.require("path", PATH);
              Differing differing = differing(route);
              if (path != null && routes.put(path.value(), differing) != null) {
                route.fault("path", Text.quote(path.value()) + " is there twice (expected: once)");
              }
              return differing;
            });
    return routes;
  }

  private static UpstreamSettings upstream(Section section, Map<String, OfPool> pools) {
    UpstreamSettings defaults = UpstreamSettings.DEFAULTS;
    Connect connect =
        new Connect(
            section.value("connect", CONNECT, defaults.connect().tcp()),
            section.value("tls", CONNECT, defaults.connect().tls()));
    Map<String, Connect> connects = new HashMap<>();
    pools.forEach((name, pool) -> connects.put(name, pool.on(connect)));
    Duration keepAlive =
        section.value(
            "upstreamKeepAlive", Quantities.duration(MILLISECOND, DAY), defaults.keepAlive());
    if (keepAlive.compareTo(VLLM_KEEP_ALIVE) >= 0) {
      section.warn(
          "upstreamKeepAlive",
          "is not below the 5s after which vLLM closes idle connections (unless its"
              + " VLLM_HTTP_TIMEOUT_KEEP_ALIVE is set): requests may meet a closing connection");
    }
    return new UpstreamSettings(connect, connects, keepAlive);
  }
}
