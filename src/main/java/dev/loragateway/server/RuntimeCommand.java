package dev.loragateway.server;

import dev.loragateway.adapters.EngineKind;
import dev.loragateway.runtime.FetchLimits;
import dev.loragateway.runtime.RuntimeServer;
import dev.loragateway.runtime.RuntimeSettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The command that runs the sidecar of a model server. Confined to the main thread. */
@Command(
    name = "runtime",
    mixinStandardHelpOptions = true,
    description =
        "Runs beside a model server: fetches adapters into a directory that both see, and has the"
            + " server load them. It speaks the API of AIBrix's runtime.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  gateway/run runtime --directory /tmp/adapters --allow-file /srv/adapters",
      "  gateway/run runtime --listen 0.0.0.0:8080 --api-key-file /keys/runtime \\",
      "    --engine-api-key-file /keys/vllm --credentials-directory /credentials \\",
      "    --directory /adapters --max-total 200GiB",
      "",
      "Then an adapter is loaded from wherever it lies:",
      "  curl localhost:8080/v1/lora_adapter/load -H 'content-type: application/json' \\",
      "    -d '{\"lora_name\": \"support\", \"artifact_url\": \"hf://acme/support@main\"}'",
      "  curl localhost:8080/v1/lora_adapter/unload -d '{\"lora_name\": \"support\"}'",
      "",
      "Sources: file:///DIRECTORY, http(s)://HOST/ARCHIVE.tar|.tar.gz|.tgz|.zip,",
      "  http(s)://HOST/DIRECTORY/, s3://BUCKET/PREFIX/,",
      "  hf://ORGANISATION/NAME[@REVISION].",
      "Credentials are files of --credentials-directory, variables or in the request:",
      "  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION,",
      "  AWS_ENDPOINT_URL, HF_TOKEN, HF_ENDPOINT, HTTP_BEARER, HTTP_BEARER_HOST.",
      "",
      "Exit code: 0 = stopped by a signal, 1 = it cannot listen or use the directory,",
      "  2 = wrong options."
    })
public final class RuntimeCommand implements Callable<Integer> {
  private static final Logger log = LoggerFactory.getLogger(RuntimeCommand.class);

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      description = "Where callers connect: ${DEFAULT-VALUE}.")
  private String listen = "127.0.0.1:8080";

  @Option(
      names = "--api-key-file",
      paramLabel = "FILE",
      description =
          "What callers have to send as Authorization: Bearer. Without it only this machine may"
              + " call, and --listen has to be an address of it.")
  private @Nullable Path apiKey;

  @Option(names = "--open", description = "Other machines may call without a key.")
  private boolean open;

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      description = "Whose API loads adapters, vllm or sglang: vllm.",
      converter = EngineConverter.class)
  private EngineKind engine = EngineKind.VLLM;

  @Option(
      names = "--engine-url",
      paramLabel = "URL",
      description = "Where the engine answers: ${DEFAULT-VALUE}.")
  private URI engineUrl = URI.create("http://127.0.0.1:8000");

  @Option(
      names = "--engine-api-key-file",
      paramLabel = "FILE",
      description = "What the engine wants as Authorization: Bearer.")
  private @Nullable Path engineKey;

  @Option(
      names = "--directory",
      paramLabel = "DIR",
      description = "The volume that the engine sees, too: ${DEFAULT-VALUE}.")
  private Path directory = Path.of("/adapters");

  @Option(
      names = "--engine-directory",
      paramLabel = "DIR",
      description = "The same volume as the engine sees it: as --directory.")
  private @Nullable String engineDirectory;

  @Option(
      names = "--max-bytes",
      paramLabel = "SIZE",
      description = "The largest adapter that is fetched: 16GiB.",
      converter = SizeConverter.class)
  private long maxBytes = FetchLimits.DEFAULTS.maxBytes();

  @Option(
      names = "--max-total",
      paramLabel = "SIZE",
      description =
          "What all may take on the volume: what is not loaded is deleted for it, the least"
              + " recently used first. Unset: what fits there.",
      converter = SizeConverter.class)
  private long maxTotal = Long.MAX_VALUE;

  @Option(
      names = "--fetch-timeout",
      paramLabel = "SECONDS",
      description = "After which a fetch is given up: ${DEFAULT-VALUE}.")
  private long fetchTimeout = FetchLimits.DEFAULTS.total().toSeconds();

  @Option(
      names = "--allow-file",
      paramLabel = "DIR",
      description = "Below it file:// may read; none otherwise. May be given several times.")
  private List<Path> allowFile = List.of();

  @Option(
      names = "--credentials-directory",
      paramLabel = "DIR",
      description = "A file for each credential, as a Secret is mounted.")
  private @Nullable Path credentials;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws InterruptedException {
    RuntimeSettings settings = settings();
    try (Shutdown shutdown = Shutdown.install()) {
      RuntimeServer runtime = RuntimeServer.start(settings);
      log.info("serving on {} for {} at {}", runtime.address(), engine, engineUrl);
      shutdown.started(runtime::close);
      shutdown.await();
      return 0;
    } catch (IOException e) {
      System.err.println(e.getMessage());
      return 1;
    }
  }

  private RuntimeSettings settings() {
    Path volume = directory.toAbsolutePath().normalize();
    return new RuntimeSettings(
        address(),
        open,
        apiKey,
        engine,
        engineUrl(),
        engineKey,
        volume,
        engineDirectory == null ? volume.toString() : engineDirectory,
        maxTotal,
        new FetchLimits(
            maxBytes,
            FetchLimits.DEFAULTS.maxEntries(),
            FetchLimits.DEFAULTS.stall(),
            Duration.ofSeconds(fetchTimeout)),
        allowFile.stream().map(path -> path.toAbsolutePath().normalize()).toList(),
        credentials,
        System.getenv());
  }

  private InetSocketAddress address() {
    int colon = listen.lastIndexOf(':');
    try {
      String host = listen.substring(0, colon).replaceFirst("^\\[(.*)]$", "$1");
      int port = Integer.parseInt(listen.substring(colon + 1));
      InetSocketAddress address = new InetSocketAddress(host, port);
      if (!host.isEmpty() && !address.isUnresolved()) {
        return address;
      }
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      // told below
    }
    throw wrong(
        "--listen is " + listen + " (expected: HOST:PORT of this machine, as 127.0.0.1:8080)");
  }

  private URI engineUrl() {
    String scheme = engineUrl.getScheme();
    boolean web = "http".equals(scheme) || "https".equals(scheme);
    if (!web || engineUrl.getHost() == null || engineUrl.getRawQuery() != null) {
      throw wrong("--engine-url is " + engineUrl + " (expected: http://HOST:PORT)");
    }
    return engineUrl;
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /** Reads {@code vllm} and {@code sglang}. */
  static final class EngineConverter implements ITypeConverter<EngineKind> {
    @Override
    public EngineKind convert(String text) {
      try {
        return EngineKind.valueOf(text.toUpperCase(Locale.ROOT));
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(text + " (expected: vllm or sglang)");
      }
    }
  }

  /** Reads sizes such as {@code 16GiB}. */
  static final class SizeConverter implements ITypeConverter<Long> {
    private static final Pattern SIZE = Pattern.compile("([1-9]\\d{0,8})(B|KiB|MiB|GiB|TiB)");
    private static final List<String> UNITS = List.of("B", "KiB", "MiB", "GiB", "TiB");

    @Override
    public Long convert(String text) {
      Matcher matcher = SIZE.matcher(text);
      if (!matcher.matches()) {
        throw new TypeConversionException(text + " (expected: a size such as 500MiB or 16GiB)");
      }
      long unit = 1L << (10 * UNITS.indexOf(matcher.group(2)));
      return Math.multiplyExact(Long.parseLong(matcher.group(1)), unit);
    }
  }
}
