package dev.loragateway.config;

import dev.loragateway.access.AccessSettings;
import dev.loragateway.access.RedisSettings;
import dev.loragateway.adapters.AdapterSettings;
import dev.loragateway.config.GatewayConfig.Admin;
import dev.loragateway.config.GatewayConfig.Drain;
import dev.loragateway.config.GatewayConfig.Pool;
import dev.loragateway.config.GatewayConfig.Tls;
import dev.loragateway.kubernetes.AnnotationSettings;
import dev.loragateway.proxy.ProxySettings;
import dev.loragateway.proxy.ProxySettings.Headers;
import dev.loragateway.proxy.ProxySettings.Limits;
import dev.loragateway.proxy.ProxySettings.Retries;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads the keys of the file outside the pools. Confined to the reading thread. */
final class RootReader {
  private AccessSettings access(Section root) {
    int before = root.faults();
    AccessSettings access = root.section("access", accessReader::read);
    if (root.names("access") && !access.required() && root.faults() == before) {
      root.fault(
          "access",
          "names no keys, which would let everybody in"
              + " (expected: keysFile, keysSecret or jwt, or no access at all)");
    }
    return access;
  }

  private static final long KIB = 1L << 10;
  private static final long GIB = 1L << 30;

  private final Path baseDir;
  private final PoolReader poolReader;
  private final AccessReader accessReader;
  private final TlsReader tlsReader;
  private final AdminReader adminReader;
  private final AdaptersReader adaptersReader;

  /**
   * Reads by these.
   *
   * @param baseDir where relative paths begin
   */
  RootReader(
      Path baseDir,
      PoolReader poolReader,
      AccessReader accessReader,
      TlsReader tlsReader,
      AdminReader adminReader,
      AdaptersReader adaptersReader) {
    this.baseDir = baseDir;
    this.adaptersReader = adaptersReader;
    this.tlsReader = tlsReader;
    this.adminReader = adminReader;
    this.poolReader = poolReader;
    this.accessReader = accessReader;
  }

  GatewayConfig read(Section root) {
    InetSocketAddress listen =
        root.value("listen", Addresses.LISTEN_ADDRESS, GatewayConfig.DEFAULT_LISTEN);
    Admin admin = root.section("admin", section -> adminReader.read(section, listen));
    List<Pool> pools = root.sections("pools", "at least one pool", poolReader::read);
    poolReader.checkAliases();
    TimeoutReader.Both timeouts =
        root.section("timeouts", section -> TimeoutReader.read(section, poolReader.timeouts()));
    ProxySettings proxy =
        new ProxySettings(
            timeouts.proxy(),
            root.section("retries", RootReader::retries),
            root.section("limits", RootReader::limits),
            root.section("headers", RootReader::headers),
            access(root));
    Drain drain = root.section("drain", RootReader::drain);
    Set<String> bases =
        pools.stream().map(pool -> pool.settings().baseModel()).collect(Collectors.toSet());
    AdapterSettings adapters =
        root.section("adapters", section -> adaptersReader.read(section, bases));
    root.refuse("semantic");
    Tls tls = root.section("tls", tlsReader::server);
    AnnotationSettings annotations = root.section("kubernetes", SourceReader::annotations);
    RedisSettings redis = root.section("redis", RedisReader::read);
    return new GatewayConfig(
        listen,
        admin,
        pools,
        timeouts.upstream(),
        proxy,
        drain,
        annotations,
        tls,
        redis,
        adapters,
        root.<@Nullable AccessLogSettings>section("accessLog", this::accessLog));
  }

  private @Nullable AccessLogSettings accessLog(Section section) {
    Located<String> file = section.find("file", Formats.PATH);
    double sample = section.value("sample", Quantities.percentage(1), 100) / 100.0;
    if (file == null) {
      return null;
    }
    Path path = file.value().equals("-") ? null : baseDir.resolve(file.value());
    return new AccessLogSettings(path, sample);
  }

  private static Retries retries(Section section) {
    int before = section.faults();
    Retries defaults = Retries.DEFAULTS;
    Format<Duration> pause = Quantities.durationOrOff(Duration.ofMinutes(1));
    Retries retries =
        new Retries(
            section.value("max", Quantities.integer(0, 10), defaults.max()),
            section.value("budget", Quantities.percentage(0), defaults.budgetPercent()),
            Set.copyOf(
                section.values(
                    "statuses", Quantities.integer(429, 599), List.copyOf(defaults.statuses()))),
            section.value("backoff", pause, defaults.backoff()),
            section.value("maxBackoff", pause, defaults.maxBackoff()));
    if (section.faults() == before && retries.maxBackoff().compareTo(retries.backoff()) < 0) {
      section.fault(
          section.has("maxBackoff") ? "maxBackoff" : "backoff",
          "backoff %s exceeds maxBackoff %s (expected: backoff at most as long as maxBackoff)"
              .formatted(
                  Quantities.show(retries.backoff()), Quantities.show(retries.maxBackoff())));
    }
    return retries;
  }

  private static Limits limits(Section section) {
    int before = section.faults();
    Limits defaults = Limits.DEFAULTS;
    Limits limits =
        new Limits(
            section.value("body", Quantities.size(KIB, GIB), defaults.body()),
            section.value("buffered", Quantities.size(KIB, 1024 * GIB), defaults.buffered()),
            section.value("connections", Quantities.integer(1, 1_000_000), defaults.connections()),
            section.value("requests", Quantities.integer(1, 1_000_000), defaults.requests()),
            section.value("memory", Quantities.percentage(1), percent(defaults.memory())) / 100.0,
            section.value("shedFrom", Quantities.percentage(1), percent(defaults.shedFrom()))
                / 100.0);
    if (section.faults() == before && limits.body() > limits.buffered()) {
      section.fault(
          section.has("buffered") ? "buffered" : "body",
          "body %s exceeds buffered %s (expected: body at most as large as buffered)"
              .formatted(
                  Quantities.showSize(limits.body()), Quantities.showSize(limits.buffered())));
    }
    return limits;
  }

  private static int percent(double share) {
    return (int) Math.round(share * 100);
  }

  private static Headers headers(Section section) {
    Headers defaults = Headers.ALL;
    return new Headers(
        section.value("requestId", Formats.BOOLEAN, defaults.requestId()),
        section.value("endpoint", Formats.BOOLEAN, defaults.endpoint()),
        section.value("tier", Formats.BOOLEAN, defaults.tier()),
        section.value("attempts", Formats.BOOLEAN, defaults.attempts()),
        section.value("queueMs", Formats.BOOLEAN, defaults.queueMs()),
        section.value("rateLimit", Formats.BOOLEAN, defaults.rateLimit()),
        section.value("explain", Formats.BOOLEAN, defaults.explain()));
  }

  private static Drain drain(Section section) {
    Format<Duration> upToAnHour = Quantities.durationOrOff(Duration.ofHours(1));
    return new Drain(
        section.value("delay", upToAnHour, Drain.DEFAULTS.delay()),
        section.value("timeout", upToAnHour, Drain.DEFAULTS.timeout()));
  }
}
