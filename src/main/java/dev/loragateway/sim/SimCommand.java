package dev.loragateway.sim;

import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code sim}: runs one simulated model server until it is killed. Confined to one thread. */
@Command(
    name = "sim",
    mixinStandardHelpOptions = true,
    description =
        "Runs one simulated model server, faithful to vLLM's API, metrics and LoRA slots.",
    footer = {
      "",
      "Examples:",
      "  gateway/run sim --port 18101 --adapters lora-0,lora-1 --max-loras 2",
      "  gateway/run sim --port 0 --base llama --loadable b,c=500MB --pcie gen3",
      "",
      "What --loadable names is loaded by that name or any path that ends in it:",
      "  curl localhost:18101/v1/load_lora_adapter \\",
      "    -H 'content-type: application/json' \\",
      "    -d '{\"lora_name\": \"b\", \"lora_path\": \"/adapters/b\"}'",
      "",
      "Faults are switched while it runs; GET /sim/slots shows both kinds of slots:",
      "  curl localhost:18101/sim/faults -d '{\"kind\": \"hang\", \"on\": true}'",
      "Kinds: refuse hang stall resetBeforeResponse resetMidStream truncateChunked",
      "  status500 slow slowEngine dropMetrics garbageMetrics hugeMetrics",
      "  slowMetrics unhealthy everywhere; once: clear restart resetConnections",
      "  loseAdapter (with a name)"
    })
public final class SimCommand implements Callable<Integer> {
  @Option(
      names = "--host",
      paramLabel = "H",
      description = "Address to listen on: ${DEFAULT-VALUE}.")
  private String host = SimSettings.DEFAULTS.host();

  @Option(names = "--port", required = true, description = "Port to listen on; 0 = any free one.")
  private int port;

  @Option(names = "--base", paramLabel = "NAME", description = "Base model: ${DEFAULT-VALUE}.")
  private String base = SimSettings.DEFAULTS.baseModel();

  @Option(names = "--adapters", split = ",", description = "Adapters loaded at start, in order.")
  private List<String> adapters = List.of();

  @Option(
      names = "--loadable",
      split = ",",
      paramLabel = "NAME[=SIZE]",
      description = "Further adapters that can be loaded by path.")
  private List<String> loadable = List.of();

  @Option(names = "--max-loras", paramLabel = "N", description = "GPU slots: ${DEFAULT-VALUE}.")
  private int maxLoras = SimSettings.DEFAULTS.maxLoras();

  @Option(names = "--max-cpu-loras", paramLabel = "M", description = "CPU slots: as GPU slots.")
  private @Nullable Integer maxCpuLoras;

  @Option(names = "--max-num-seqs", paramLabel = "N", description = "Batch: ${DEFAULT-VALUE}.")
  private int maxNumSeqs = SimSettings.DEFAULTS.maxNumSeqs();

  @Option(
      names = "--adapter-bytes",
      converter = Size.class,
      paramLabel = "SIZE",
      description = "Size of an adapter: 100MB.")
  private long adapterBytes = SimSettings.DEFAULTS.adapterBytes();

  @Option(
      names = "--pcie",
      converter = Generation.class,
      paramLabel = "GEN",
      description = "Bus to the GPU, gen3 (12 GB/s), gen4 (24) or gen5 (48): gen4.")
  private Pcie pcie = SimSettings.DEFAULTS.pcie();

  @Option(
      names = "--disk",
      converter = Size.class,
      paramLabel = "SIZE",
      description = "What the disk reads in a second: 2GB.")
  private long disk = SimSettings.DEFAULTS.diskBytesPerSecond();

  @Option(
      names = "--token-time",
      converter = Time.class,
      paramLabel = "TIME",
      description = "Time of one engine step: 20ms.")
  private Duration tokenTime = SimSettings.DEFAULTS.tokenTime();

  @Option(
      names = "--prefill-per-token",
      converter = Time.class,
      paramLabel = "TIME",
      description = "Time per prompt token: 50us.")
  private Duration prefillPerToken = SimSettings.DEFAULTS.prefillPerToken();

  @Option(
      names = "--output-tokens",
      paramLabel = "N",
      description = "Tokens of an answer without a limit: ${DEFAULT-VALUE}.")
  private int outputTokens = SimSettings.DEFAULTS.outputTokens();

  @Option(names = "--resolver", description = "Load unknown adapters when they are requested.")
  private boolean resolver;

  @Option(names = "--sleep-mode", description = "Have /sleep, /wake_up and /is_sleeping.")
  private boolean sleepMode;

  @Option(names = "--reports-loaded", description = "Report resident adapters in /metrics.")
  private boolean reportsLoaded;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description = "Append slot changes as JSON lines.")
  private @Nullable Path trace;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    try (SimulatedServer server = SimulatedServer.start(settings())) {
      out.printf(
          "simulated server on http://%s: %s with %d GPU slots; adapters: %s%n",
          server.address(),
          base,
          maxLoras,
          adapters.isEmpty() ? "none" : String.join(" ", adapters));
      out.flush();
      Runtime.getRuntime().addShutdownHook(new Thread(server::close));
      new CountDownLatch(1).await();
      return 0;
    } catch (UncheckedIOException e) {
      err.println("error: " + e.getMessage());
      return 1;
    } catch (InterruptedException e) {
      return 0;
    }
  }

  private SimSettings settings() {
    try {
      return SimSettings.DEFAULTS
          .withHost(host)
          .withPort(port)
          .withBaseModel(base)
          .withAdapters(adapters)
          .withLoadable(loadableSizes())
          .withSlots(maxLoras, maxCpuLoras == null ? maxLoras : maxCpuLoras)
          .withMaxNumSeqs(maxNumSeqs)
          .withAdapterBytes(adapterBytes)
          .withPcie(pcie)
          .withDiskBytesPerSecond(disk)
          .withTokenTime(tokenTime)
          .withPrefillPerToken(prefillPerToken)
          .withOutputTokens(outputTokens)
          .withResolver(resolver)
          .withReportsLoaded(reportsLoaded)
          .withSleepMode(sleepMode)
          .withTrace(trace);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private Map<String, Long> loadableSizes() {
    Map<String, Long> sizes = new LinkedHashMap<>();
    for (String entry : loadable) {
      int equals = entry.lastIndexOf('=');
      if (equals < 0) {
        sizes.put(entry, adapterBytes);
      } else {
        long bytes = ByteSize.parse(entry.substring(equals + 1));
        if (bytes == ByteSize.INVALID) {
          throw new IllegalArgumentException(
              "--loadable: " + entry + " (expected: a name, or NAME=SIZE such as a=100MB)");
        }
        sizes.put(entry.substring(0, equals), bytes);
      }
    }
    return sizes;
  }

  /** Reads a size. */
  static final class Size implements ITypeConverter<Long> {
    @Override
    public Long convert(String value) {
      long bytes = ByteSize.parse(value);
      if (bytes == ByteSize.INVALID) {
        throw new TypeConversionException(
            "'" + value + "' (expected: a size such as 100MB or 2GB)");
      }
      return bytes;
    }
  }

  /** Reads a generation of PCIe. */
  static final class Generation implements ITypeConverter<Pcie> {
    @Override
    public Pcie convert(String value) {
      for (Pcie pcie : Pcie.values()) {
        if (pcie.name().equals(value.toUpperCase(Locale.ROOT))) {
          return pcie;
        }
      }
      throw new TypeConversionException("'" + value + "' (expected: gen3, gen4 or gen5)");
    }
  }

  /** Reads a duration. */
  static final class Time implements ITypeConverter<Duration> {
    private static final Pattern TIME = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,3})?)(ns|us|ms|s)");
    private static final Map<String, Double> NANOS =
        Map.of("ns", 1.0, "us", 1e3, "ms", 1e6, "s", 1e9);

    @Override
    public Duration convert(String value) {
      Matcher matcher = TIME.matcher(value);
      if (!matcher.matches()) {
        throw new TypeConversionException(
            "'" + value + "' (expected: a time such as 20ms or 50us)");
      }
      double unit = NANOS.getOrDefault(matcher.group(2), 1.0);
      return Duration.ofNanos(Math.round(Double.parseDouble(matcher.group(1)) * unit));
    }
  }
}
