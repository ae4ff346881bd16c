package dev.loragateway.config;

import static dev.loragateway.config.Configs.valid;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.config.GatewayConfig.Pool;
import dev.loragateway.model.Endpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The files that users start from. */
class ConfigFilesTest {
  private static final Path CONFIG = Path.of("config");
  private static final Path REFERENCE = CONFIG.resolve("gateway.yaml");
  private static final Path DOCUMENT = Path.of("docs/configuration.md");
  private static final Map<String, String> ENV = Map.of("VLLM_KEY", "sk-test");

  static Stream<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(CONFIG)) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void file_shipped_isValidWithoutWarnings(Path file) {
    assertThat(valid(ConfigLoader.load(file, ENV)).warnings()).isEmpty();
  }

  @Test
  void files_shipped_areAllFound() throws IOException {
    assertThat(files()).hasSizeGreaterThanOrEqualTo(6);
  }

  @Test
  void reference_asShipped_isEveryDefault() {
    GatewayConfig config = valid(ConfigLoader.load(REFERENCE, ENV)).config();

    assertThat(config)
        .isEqualTo(
            Configs.valid(
                "pools: [ { name: default, baseModel: base, endpoints: [ http://127.0.0.1:8000 ] }"
                    + " ]"));
  }

  @Test
  void reference_withoutItsCommentMarks_saysTheDefaults() {
    GatewayConfig shipped = valid(ConfigLoader.load(REFERENCE, ENV)).config();
    String yaml =
        read(REFERENCE)
            .replaceFirst("(?s)# adapters:.*?\n\n", "")
            .replaceFirst("(?s)# accessLog:.*?\n\n", "")
            .replaceAll("(?m)^( *)# (?= *\\w+:( |$))", "$1")
            .replaceAll(
                "(?m)^ *(adapterSlots|cpuAdapterSlots|aliases|support|apiKey|tls|ca"
                    + "|inferencePool|namespace|service|port|context|routes|certificate|key|clientCa|clientOptional|access|keysFile|keysSecret|jwt|issuer|audience|jwksUrl|jwksCa|jwksInterval|jwksFile|algorithms|clockSkew|claims|details|token|tokenFile|redis|url|syncInterval|prefix):.*|^"
                    + "    (kubernetes|timeouts|sleep|limits):.*|^      name: vllm-llama",
                "");

    GatewayConfig uncommented = Configs.valid(yaml);

    assertThat(yaml).contains("\n    maxNumSeqs: 256", "\n  timeout: 60s");
    assertThat(uncommented).isEqualTo(shipped);
  }

  @Test
  void key_ofTheLoader_isInTheReferenceAndTheDocument() {
    Set<String> names =
        ConfigLoader.keys().stream()
            .map(key -> key.substring(key.lastIndexOf('.') + 1))
            .collect(Collectors.toSet());

    assertThat(names).hasSizeGreaterThan(50).contains("upstreamKeepAlive", "cpuSwap", "ca");
    assertThat(names)
        .allSatisfy(
            name -> {
              assertThat(read(REFERENCE)).containsPattern("\\b" + Pattern.quote(name) + ":");
              assertThat(read(DOCUMENT))
                  .containsPattern("\\| `([a-z]+\\.)*" + name + "(\\[])?` \\|");
            });
  }

  @Test
  void document_ofMistakes_showsWhatIsReallySaid() {
    Matcher example =
        Pattern.compile("```yaml\n(listen: 8080.*?)```.*?```\n(.*?)```", Pattern.DOTALL)
            .matcher(read(DOCUMENT));
    assertThat(example.find()).isTrue();

    List<String> errors = Configs.errors(example.group(1));

    assertThat(example.group(2).lines())
        .containsExactlyElementsOf(
            Stream.concat(errors.stream(), Stream.of("gateway.yaml is not valid: 8 errors"))
                .toList());
  }

  @Test
  void demo_asShipped_listensAndPointsWhereTheSimulatorsAre() {
    GatewayConfig config = valid(ConfigLoader.load(CONFIG.resolve("demo.yaml"), ENV)).config();
    Pool pool = config.pools().getFirst();

    assertThat(config.listen()).hasToString("/127.0.0.1:8080");
    assertThat(config.admin().listen()).hasToString("/127.0.0.1:9090");
    assertThat(pool.settings().name()).isEqualTo("demo");
    assertThat(pool.settings().baseModel()).isEqualTo("base");
    assertThat(pool.endpoints())
        .extracting(Endpoint::address)
        .containsExactly("127.0.0.1:18101", "127.0.0.1:18102", "127.0.0.1:18103");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
