package dev.loragateway.server;

import dev.loragateway.access.AccessSettings;
import dev.loragateway.access.RedisSettings;
import dev.loragateway.adapters.AdapterSettings;
import dev.loragateway.config.AccessLogSettings;
import dev.loragateway.config.GatewayConfig;
import dev.loragateway.kubernetes.AnnotationSettings;
import dev.loragateway.kubernetes.KubernetesSource;
import dev.loragateway.model.Endpoint;
import dev.loragateway.model.UpstreamAccess;
import dev.loragateway.proxy.ProxySettings;
import dev.loragateway.proxy.ProxySettings.Answer;
import dev.loragateway.proxy.ProxySettings.Headers;
import dev.loragateway.proxy.ProxySettings.Limits;
import dev.loragateway.proxy.ProxySettings.Retries;
import dev.loragateway.proxy.ProxySettings.Timeouts;
import dev.loragateway.registry.AliasTarget;
import dev.loragateway.registry.OutlierSettings;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.QueueSettings;
import dev.loragateway.registry.RoutingPolicy;
import dev.loragateway.registry.RoutingSettings;
import dev.loragateway.registry.SleepSettings;
import dev.loragateway.scrape.Engine;
import dev.loragateway.scrape.ScrapeSettings;
import dev.loragateway.upstream.UpstreamSettings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A configuration in the making, for a gateway on free ports of the loopback that scrapes often. A
 * setting of a pool concerns the pool added last. Confined to one thread.
 */
final class Setup {
  private static final ScrapeSettings SCRAPE =
      new ScrapeSettings(
          Duration.ofMillis(50), Duration.ofSeconds(10), Duration.ofSeconds(60), Engine.VLLM);

  private final List<GatewayConfig.Pool> pools = new ArrayList<>();
  private Timeouts timeouts = Timeouts.DEFAULTS;
  private Retries retries = Retries.DEFAULTS;
  private Limits limits = Limits.DEFAULTS;
  private UpstreamSettings upstream = UpstreamSettings.DEFAULTS;
  private AccessSettings access = AccessSettings.OPEN;
  private GatewayConfig.@Nullable Tls tls;
  private @Nullable RedisSettings redis;
  private AdapterSettings adapters = AdapterSettings.NONE;
  private InetSocketAddress adminListen =
      new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
  private @Nullable String adminToken;
  private @Nullable AccessLogSettings accessLog;
  private Headers headers = Headers.ALL;
  private GatewayConfig.Drain drain =
      new GatewayConfig.Drain(Duration.ZERO, Duration.ofSeconds(30));

  private AnnotationSettings annotations = AnnotationSettings.DEFAULTS;

  private Setup() {}

  /** One pool of the model {@code base}. */
  static Setup of(String... addresses) {
    return new Setup().pool("pool", "base", addresses);
  }

  Setup pool(String name, String base, String... addresses) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (String address : addresses) {
      endpoints.add(endpoint(name, address, UpstreamAccess.PLAIN));
    }
    pools.add(new GatewayConfig.Pool(PoolSettings.of(name, base), endpoints, SCRAPE));
    return this;
  }

  /** Which adapters there should be. */
  Setup adapters(AdapterSettings adapters) {
    this.adapters = adapters;
    return this;
  }

  /** Endpoints are asked often for their models and their health, too. */
  Setup askOften() {
    GatewayConfig.Pool pool = last();
    Duration often = Duration.ofMillis(100);
    return replace(
        new GatewayConfig.Pool(
            pool.settings(),
            pool.endpoints(),
            new ScrapeSettings(Duration.ofMillis(50), Duration.ofSeconds(10), often, Engine.VLLM)));
  }

  /** The Lease is in this namespace, and pods are not annotated. */
  Setup lease(String namespace) {
    annotations = new AnnotationSettings(false, false, namespace, "gateways");
    return this;
  }

  /** Pods are annotated by the gateway that has the Lease. */
  Setup annotate() {
    annotations = new AnnotationSettings(true, true, "llm", "gateways");
    return this;
  }

  /** Endpoints of the pool are found in Kubernetes, too. */
  Setup source(KubernetesSource source) {
    GatewayConfig.Pool pool = last();
    return replace(
        new GatewayConfig.Pool(
            pool.settings(),
            pool.endpoints(),
            List.of(source),
            UpstreamAccess.PLAIN,
            pool.scrape()));
  }

  private static Endpoint endpoint(String pool, String address, UpstreamAccess access) {
    int colon = address.lastIndexOf(':');
    return new Endpoint(
        pool,
        address,
        address.substring(0, colon),
        Integer.parseInt(address.substring(colon + 1)),
        access);
  }

  Setup policy(RoutingPolicy policy) {
    return routing(last().settings().routing().withPolicy(policy));
  }

  Setup routing(RoutingSettings routing) {
    return settings(last().settings().withRouting(routing));
  }

  Setup queue(QueueSettings queue) {
    return settings(last().settings().withQueue(queue));
  }

  /** The pool's engines sleep when it was not used for so long. */
  Setup sleep(Duration after) {
    return settings(last().settings().withSleep(new SleepSettings(after)));
  }

  /** A saturated pool refuses at once. */
  Setup noQueue() {
    QueueSettings d = QueueSettings.DEFAULTS;
    return queue(
        new QueueSettings(
            0,
            d.bytes(),
            d.timeout(),
            d.priorities(),
            d.models(),
            d.warmUp(),
            d.warmUpsPerSecond()));
  }

  /** The endpoints take so many requests of the gateway at once. */
  Setup maxInFlight(int requests) {
    RoutingSettings r = last().settings().routing();
    return routing(
        new RoutingSettings(
            r.policy(),
            r.maxNumSeqs(),
            r.maxWaiting(),
            r.maxKvCache(),
            requests,
            r.tokenTime(),
            r.outputTokens(),
            r.cpuSwap(),
            r.diskSwap()));
  }

  /** An endpoint with so many requests waiting is saturated. */
  Setup maxWaiting(int requests) {
    RoutingSettings r = last().settings().routing();
    return routing(
        new RoutingSettings(
            r.policy(),
            r.maxNumSeqs(),
            requests,
            r.maxKvCache(),
            r.maxInFlight(),
            r.tokenTime(),
            r.outputTokens(),
            r.cpuSwap(),
            r.diskSwap()));
  }

  Setup aliases(Map<String, String> aliases) {
    Map<String, List<AliasTarget>> targets = new HashMap<>();
    aliases.forEach((alias, model) -> targets.put(alias, AliasTarget.only(model)));
    return shares(targets);
  }

  Setup shares(Map<String, List<AliasTarget>> aliases) {
    PoolSettings s = last().settings();
    return settings(
        new PoolSettings(
            s.name(),
            s.baseModel(),
            s.resolver(),
            s.adapterSlots(),
            s.cpuAdapterSlots(),
            s.loraMetrics(),
            s.staleAfter(),
            aliases,
            s.routing(),
            s.queue(),
            s.scaling()));
  }

  Setup resolver() {
    PoolSettings s = last().settings();
    return settings(
        new PoolSettings(
            s.name(),
            s.baseModel(),
            true,
            s.adapterSlots(),
            s.cpuAdapterSlots(),
            s.loraMetrics(),
            s.staleAfter(),
            s.aliases(),
            s.routing(),
            s.queue(),
            s.scaling()));
  }

  Setup apiKey(String key) {
    return access(new UpstreamAccess(null, key));
  }

  Setup access(UpstreamAccess access) {
    GatewayConfig.Pool pool = last();
    List<Endpoint> endpoints =
        pool.endpoints().stream().map(at -> endpoint(at.pool(), at.address(), access)).toList();
    return replace(new GatewayConfig.Pool(pool.settings(), endpoints, pool.scrape()));
  }

  Setup modelsInterval(Duration interval) {
    GatewayConfig.Pool pool = last();
    ScrapeSettings scrape =
        new ScrapeSettings(SCRAPE.interval(), SCRAPE.timeout(), interval, SCRAPE.engine());
    return replace(new GatewayConfig.Pool(pool.settings(), pool.endpoints(), scrape));
  }

  Setup scrapeTimeout(Duration timeout) {
    GatewayConfig.Pool pool = last();
    ScrapeSettings scrape =
        new ScrapeSettings(SCRAPE.interval(), timeout, SCRAPE.modelsInterval(), SCRAPE.engine());
    return replace(new GatewayConfig.Pool(pool.settings(), pool.endpoints(), scrape));
  }

  Setup firstByte(Duration timeout) {
    return answers(new Answer(timeout, timeouts.answer().idle(), timeouts.answer().total()));
  }

  Setup idle(Duration timeout) {
    return answers(new Answer(timeouts.answer().firstByte(), timeout, timeouts.answer().total()));
  }

  Setup total(Duration timeout) {
    return answers(new Answer(timeouts.answer().firstByte(), timeouts.answer().idle(), timeout));
  }

  private Setup answers(Answer answer) {
    return timeouts(
        new Timeouts(
            answer,
            timeouts.pools(),
            timeouts.routes(),
            timeouts.requestHeader(),
            timeouts.requestBody(),
            timeouts.keepAlive()));
  }

  Setup keepAlive(Duration timeout) {
    return timeouts(
        new Timeouts(
            timeouts.answer(),
            timeouts.pools(),
            timeouts.routes(),
            timeouts.requestHeader(),
            timeouts.requestBody(),
            timeout));
  }

  Setup requestHeader(Duration timeout) {
    return timeouts(
        new Timeouts(
            timeouts.answer(),
            timeouts.pools(),
            timeouts.routes(),
            timeout,
            timeouts.requestBody(),
            timeouts.keepAlive()));
  }

  Setup requestBody(Duration timeout) {
    return timeouts(
        new Timeouts(
            timeouts.answer(),
            timeouts.pools(),
            timeouts.routes(),
            timeouts.requestHeader(),
            timeout,
            timeouts.keepAlive()));
  }

  Setup outlier(OutlierSettings outlier) {
    return settings(last().settings().withOutlier(outlier));
  }

  /** Endpoints that fail stay. */
  Setup noEjection() {
    OutlierSettings d = OutlierSettings.DEFAULTS;
    return outlier(
        new OutlierSettings(
            0, d.ejectionTime(), d.maxEjectionTime(), d.maxEjectedPercent(), d.slowStart()));
  }

  Setup timeouts(Timeouts all) {
    timeouts = all;
    return this;
  }

  Setup upstreamKeepAlive(Duration timeout) {
    upstream = new UpstreamSettings(upstream.connect(), upstream.pools(), timeout);
    return this;
  }

  Setup tls(GatewayConfig.Tls settings) {
    tls = settings;
    return this;
  }

  Setup headers(Headers shown) {
    headers = shown;
    return this;
  }

  Setup adminToken(String token) {
    adminToken = token;
    return this;
  }

  /** The operators' port is open to other machines, as in a container. */
  Setup adminEverywhere() {
    adminListen = new InetSocketAddress(InetAddress.ofLiteral("0.0.0.0"), 0);
    return this;
  }

  Setup access(AccessSettings settings) {
    access = settings;
    return this;
  }

  Setup maxRetries(int retriesPerRequest) {
    retries =
        new Retries(
            retriesPerRequest,
            retries.budgetPercent(),
            retries.statuses(),
            retries.backoff(),
            retries.maxBackoff());
    return this;
  }

  Setup bodyLimit(long bytes) {
    return limits(bytes, limits.buffered(), limits.connections());
  }

  Setup bufferedLimit(long bytes) {
    return limits(limits.body(), bytes, limits.connections());
  }

  Setup connectionLimit(int connections) {
    return limits(limits.body(), limits.buffered(), connections);
  }

  private Setup limits(long body, long buffered, int connections) {
    limits =
        new Limits(
            body, buffered, connections, limits.requests(), limits.memory(), limits.shedFrom());
    return this;
  }

  /** Requests at once, and the share of the memory that may be in use; shed from the half of it. */
  Setup overload(int requests, double memory) {
    limits =
        new Limits(limits.body(), limits.buffered(), limits.connections(), requests, memory, 0.5);
    return this;
  }

  Setup accessLog(AccessLogSettings settings) {
    accessLog = settings;
    return this;
  }

  Setup redis(RedisSettings through) {
    redis = through;
    return this;
  }

  Setup drain(Duration delay, Duration timeout) {
    drain = new GatewayConfig.Drain(delay, timeout);
    return this;
  }

  GatewayConfig build() {
    InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
    return new GatewayConfig(
        any,
        new GatewayConfig.Admin(adminListen, adminToken),
        pools,
        upstream,
        new ProxySettings(timeouts, retries, limits, headers, access),
        drain,
        annotations,
        tls,
        redis,
        adapters,
        accessLog);
  }

  private GatewayConfig.Pool last() {
    return pools.getLast();
  }

  private Setup settings(PoolSettings settings) {
    return replace(new GatewayConfig.Pool(settings, last().endpoints(), last().scrape()));
  }

  private Setup replace(GatewayConfig.Pool pool) {
    pools.set(pools.size() - 1, pool);
    return this;
  }
}
