package dev.loragateway.sim;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a simulated server serves and how long its work takes. The defaults are a small GPU server;
 * {@link #of} names the models. Immutable.
 *
 * @param host address to listen on
 * @param port port to listen on; 0 = any free one
 * @param baseModel name of the base model
 * @param adapters adapters that are registered, loaded and activated at start, in this order
 * @param loadable further adapters that can be loaded by path, each with its size in bytes
 * @param maxLoras GPU slots, and the most distinct adapters in one batch; at least 1
 * @param maxCpuLoras CPU slots, at least {@code maxLoras}
 * @param maxNumSeqs batch places, at least 1
 * @param maxModelLen longest sequence in tokens, at least 1
 * @param kvCacheTokens tokens that the KV cache holds, at least 1
 * @param adapterBytes size of an adapter that is not listed with its own size
 * @param pcie bus that a swap from a CPU slot into a GPU slot crosses
 * @param diskBytesPerSecond rate of a load from disk into a CPU slot
 * @param prefillPerToken time per prompt token of a newly admitted request
 * @param tokenTime time of one engine step, which gives each running request one token
 * @param outputTokens tokens of an answer when the request sets no limit, at least 1
 * @param timeScale factor on all of the engine's times; 0 = no waiting at all
 * @param idleClose how long a kept-alive connection may stay idle; uvicorn's default is 5 s
 * @param resolver whether unknown names are loaded at request time when they are loadable
 * @param reportsLoaded whether {@code /metrics} reports which adapters are resident
 * @param sleepMode whether {@code /sleep} and {@code /wake_up} are there
 * @param trace file that the residency trace is appended to; null = none
 */
public record SimSettings(
    String host,
    int port,
    String baseModel,
    List<String> adapters,
    Map<String, Long> loadable,
    int maxLoras,
    int maxCpuLoras,
    int maxNumSeqs,
    int maxModelLen,
    long kvCacheTokens,
    long adapterBytes,
    Pcie pcie,
    long diskBytesPerSecond,
    Duration prefillPerToken,
    Duration tokenTime,
    int outputTokens,
    double timeScale,
    Duration idleClose,
    boolean resolver,
    boolean reportsLoaded,
    boolean sleepMode,
    @Nullable Path trace) {

  /** A server of the model {@code base} without adapters, on any free port of the loopback. */
  public static final SimSettings DEFAULTS = new Draft().build();

  public SimSettings {
    adapters = List.copyOf(adapters);
    loadable = Map.copyOf(loadable);
    atLeast("maxLoras", maxLoras, 1);
    atLeast("maxCpuLoras", maxCpuLoras, maxLoras);
    atLeast("maxNumSeqs", maxNumSeqs, 1);
    atLeast("maxModelLen", maxModelLen, 1);
    atLeast("kvCacheTokens", kvCacheTokens, 1);
    atLeast("adapterBytes", adapterBytes, 1);
    atLeast("diskBytesPerSecond", diskBytesPerSecond, 1);
    atLeast("outputTokens", outputTokens, 1);
    if (!(timeScale >= 0)) {
      throw new IllegalArgumentException("timeScale: " + timeScale + " (expected: >= 0)");
    }
  }

  /** The defaults with these models. */
  public static SimSettings of(String baseModel, String... adapters) {
    return DEFAULTS.withBaseModel(baseModel).withAdapters(List.of(adapters));
  }

  public SimSettings withHost(String host) {
    Draft draft = draft();
    draft.host = host;
    return draft.build();
  }

  public SimSettings withPort(int port) {
    Draft draft = draft();
    draft.port = port;
    return draft.build();
  }

  public SimSettings withBaseModel(String baseModel) {
    Draft draft = draft();
    draft.baseModel = baseModel;
    return draft.build();
  }

  public SimSettings withAdapters(List<String> adapters) {
    Draft draft = draft();
    draft.adapters = adapters;
    return draft.build();
  }

  /** Further adapters that can be loaded by path, each of the default size. */
  public SimSettings withLoadable(String... names) {
    Map<String, Long> sizes = new LinkedHashMap<>();
    for (String name : names) {
      sizes.put(name, adapterBytes);
    }
    return withLoadable(sizes);
  }

  public SimSettings withLoadable(Map<String, Long> bytesByName) {
    Draft draft = draft();
    draft.loadable = bytesByName;
    return draft.build();
  }

  /** GPU slots; there are as many CPU slots, which is vLLM's default. */
  public SimSettings withMaxLoras(int maxLoras) {
    return withSlots(maxLoras, maxLoras);
  }

  public SimSettings withSlots(int maxLoras, int maxCpuLoras) {
    Draft draft = draft();
    draft.maxLoras = maxLoras;
    draft.maxCpuLoras = maxCpuLoras;
    return draft.build();
  }

  public SimSettings withMaxNumSeqs(int maxNumSeqs) {
    Draft draft = draft();
    draft.maxNumSeqs = maxNumSeqs;
    return draft.build();
  }

  public SimSettings withMaxModelLen(int maxModelLen) {
    Draft draft = draft();
    draft.maxModelLen = maxModelLen;
    return draft.build();
  }

  public SimSettings withKvCacheTokens(long kvCacheTokens) {
    Draft draft = draft();
    draft.kvCacheTokens = kvCacheTokens;
    return draft.build();
  }

  public SimSettings withAdapterBytes(long adapterBytes) {
    Draft draft = draft();
    draft.adapterBytes = adapterBytes;
    return draft.build();
  }

  public SimSettings withPcie(Pcie pcie) {
    Draft draft = draft();
    draft.pcie = pcie;
    return draft.build();
  }

  public SimSettings withDiskBytesPerSecond(long diskBytesPerSecond) {
    Draft draft = draft();
    draft.diskBytesPerSecond = diskBytesPerSecond;
    return draft.build();
  }

  public SimSettings withPrefillPerToken(Duration prefillPerToken) {
    Draft draft = draft();
    draft.prefillPerToken = prefillPerToken;
    return draft.build();
  }

  public SimSettings withTokenTime(Duration tokenTime) {
    Draft draft = draft();
    draft.tokenTime = tokenTime;
    return draft.build();
  }

  public SimSettings withOutputTokens(int outputTokens) {
    Draft draft = draft();
    draft.outputTokens = outputTokens;
    return draft.build();
  }

  public SimSettings withTimeScale(double timeScale) {
    Draft draft = draft();
    draft.timeScale = timeScale;
    return draft.build();
  }

  public SimSettings withIdleClose(Duration idleClose) {
    Draft draft = draft();
    draft.idleClose = idleClose;
    return draft.build();
  }

  public SimSettings withResolver(boolean resolver) {
    Draft draft = draft();
    draft.resolver = resolver;
    return draft.build();
  }

  public SimSettings withSleepMode(boolean sleepMode) {
    Draft draft = draft();
    draft.sleepMode = sleepMode;
    return draft.build();
  }

  public SimSettings withReportsLoaded(boolean reportsLoaded) {
    Draft draft = draft();
    draft.reportsLoaded = reportsLoaded;
    return draft.build();
  }

  public SimSettings withTrace(@Nullable Path trace) {
    Draft draft = draft();
    draft.trace = trace;
    return draft.build();
  }

  private static void atLeast(String name, long value, long least) {
    if (value < least) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: >= " + least + ")");
    }
  }

  private Draft draft() {
    Draft draft = new Draft();
    draft.host = host;
    draft.port = port;
    draft.baseModel = baseModel;
    draft.adapters = adapters;
    draft.loadable = loadable;
    draft.maxLoras = maxLoras;
    draft.maxCpuLoras = maxCpuLoras;
    draft.maxNumSeqs = maxNumSeqs;
    draft.maxModelLen = maxModelLen;
    draft.kvCacheTokens = kvCacheTokens;
    draft.adapterBytes = adapterBytes;
    draft.pcie = pcie;
    draft.diskBytesPerSecond = diskBytesPerSecond;
    draft.prefillPerToken = prefillPerToken;
    draft.tokenTime = tokenTime;
    draft.outputTokens = outputTokens;
    draft.timeScale = timeScale;
    draft.idleClose = idleClose;
    draft.resolver = resolver;
    draft.reportsLoaded = reportsLoaded;
    draft.sleepMode = sleepMode;
    draft.trace = trace;
    return draft;
  }

  /** The settings while they are being changed; its initial values are the defaults. */
  private static final class Draft {
    private String host = "127.0.0.1";
    private int port = 0;
    private String baseModel = "base";
    private List<String> adapters = List.of();
    private Map<String, Long> loadable = Map.of();
    private int maxLoras = 4;
    private int maxCpuLoras = 4;
    private int maxNumSeqs = 256;
    private int maxModelLen = 32_768;
    private long kvCacheTokens = 524_288;
    private long adapterBytes = 100_000_000;
    private Pcie pcie = Pcie.GEN4;
    private long diskBytesPerSecond = 2_000_000_000;
    private Duration prefillPerToken = Duration.ofNanos(50_000);
    private Duration tokenTime = Duration.ofMillis(20);
    private int outputTokens = 16;
    private double timeScale = 1;
    private Duration idleClose = Duration.ofSeconds(5);
    private boolean resolver;
    private boolean reportsLoaded;
    private boolean sleepMode;
    private @Nullable Path trace;

    private SimSettings build() {
      return new SimSettings(
          host,
          port,
          baseModel,
          adapters,
          loadable,
          maxLoras,
          maxCpuLoras,
          maxNumSeqs,
          maxModelLen,
          kvCacheTokens,
          adapterBytes,
          pcie,
          diskBytesPerSecond,
          prefillPerToken,
          tokenTime,
          outputTokens,
          timeScale,
          idleClose,
          resolver,
          reportsLoaded,
          sleepMode,
          trace);
    }
  }
}
