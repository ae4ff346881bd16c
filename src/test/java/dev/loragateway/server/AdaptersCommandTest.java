package dev.loragateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.loragateway.sim.SimulatedServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** {@code gateway/run adapters}, as whoever runs it sees it. */
class AdaptersCommandTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  @TempDir private Path directory;
  private AdapterFolder folder;
  private SimulatedServer server;
  private StringWriter out = new StringWriter();
  private StringWriter err = new StringWriter();

  @BeforeEach
  void start() {
    folder = new AdapterFolder(directory.resolve("adapters"));
    server = gateways.simulator("base");
  }

  private Setup setup() {
    return Setup.of(server.address())
        .askOften()
        .adapters(AdapterApiTest.settings(directory.resolve("added.json")));
  }

  /** Runs a command; returns its exit code. */
  private int run(Gateway gateway, String... args) {
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(List.of("--admin", "http://127.0.0.1:" + gateway.adminPort()));
    return run(all);
  }

  private int run(List<String> args) {
    out = new StringWriter();
    err = new StringWriter();
    List<String> all = new ArrayList<>(List.of("adapters"));
    all.addAll(args);
    return new CommandLine(new Main())
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }

  private String source(String name) {
    return "file://" + folder.root().resolve(name);
  }

  @Test
  void add_waits_untilItIsServed() {
    folder.write("acme/law", 1);
    Gateway gateway = gateways.start(setup());

    int code =
        run(
            gateway,
            "add",
            "acme/law",
            "--source",
            source("acme/law"),
            "--base-model",
            "base",
            "--replicas",
            "1",
            "--priority",
            "3",
            "--alias",
            "support",
            "--alias",
            "half=50",
            "--wait=20s");

    assertThat(err.toString()).isEmpty();
    assertThat(code).isZero();
    assertThat(out.toString()).isEqualTo("acme/law is ready\n");
    assertThat(gateways.chat(gateway, "acme/law").status()).isEqualTo(200);
    assertThat(gateways.chat(gateway, "support").status()).isEqualTo(200);
    JsonNode aliases =
        GatewayExtension.admin(gateway, "/api/adapters/acme/law").json().path("aliases");
    assertThat(aliases.toString()).contains("\"support\",\"weight\":100", "\"half\",\"weight\":50");
  }

  @Test
  void add_withoutWaiting_tellsWhetherItIsNew() {
    folder.write("law", 1);
    Gateway gateway = gateways.start(setup());

    assertThat(run(gateway, "add", "law", "--source", source("law"))).isZero();
    assertThat(out.toString()).isEqualTo("law was added\n");
    assertThat(run(gateway, "add", "law", "--source", source("law"))).isZero();
    assertThat(out.toString()).isEqualTo("law was there already and is up to date\n");
  }

  @Test
  void add_thatDoesNotBecomeReady_tellsWhy() {
    Gateway gateway = gateways.start(setup());

    int code = run(gateway, "add", "law", "--source", "file:///nowhere/law", "--wait", "300ms");

    assertThat(code).isEqualTo(1);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString()).contains("law: ", "file:///nowhere/law", "law is not ready\n");
  }

  @Test
  void add_ofWhatIsRefused_doesNotWait() {
    folder.write("law", 1, 4);
    Gateway gateway = gateways.start(setup());

    int code = run(gateway, "add", "law", "--source", source("law"), "--wait=10m");

    assertThat(code).isEqualTo(1);
    assertThat(err.toString()).contains("law: refused", "expected: a rank of at most 4");
  }

  @Test
  void add_thatTheGatewayRefuses_endsWith1() {
    Gateway gateway = gateways.start(setup());

    assertThat(run(gateway, "add", "a@b", "--source", "/x", "--wait")).isEqualTo(1);
    assertThat(err.toString()).startsWith("name cannot be a name").contains("expected: ");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void list_isATable() {
    folder.write("law", 1);
    Gateway gateway = gateways.start(setup());
    assertThat(run(gateway, "list")).isZero();
    assertThat(out.toString()).isEqualTo("no adapters are declared\n");

    run(gateway, "add", "law", "--source", source("law"), "--replicas", "1", "--wait=20s");
    assertThat(run(gateway, "list")).isZero();

    assertThat(out.toString().lines())
        .containsExactly(
            "NAME  PHASE  READY  REPLICAS  ORIGIN  MESSAGE", "law   ready  1/1    1         api");
  }

  @Test
  void table_fitsTheTerminal() {
    String message = "x".repeat(200);
    JsonNode adapters =
        GatewayExtension.json(
            """
            [{"name":"organisation/family/a-very-long-task-name/version-1","phase":"degraded",
              "ready":1,"desired":2,"replicas":"2","origin":"api","message":"%s"},
             {"name":"b","phase":"ready","ready":1,"desired":1,"replicas":"1","origin":"api",
              "message":null}]
            """
                .formatted(message));

    List<String> narrow = new AdapterTable(adapters).lines(80);
    List<String> wide = new AdapterTable(adapters).lines(Integer.MAX_VALUE);

    assertThat(narrow).hasSize(3).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
    assertThat(narrow.get(1)).contains("…");
    assertThat(wide.get(1)).contains("version-1").endsWith(message);
  }

  @Test
  void json_isTheAnswerOfTheApi() {
    folder.write("law", 1);
    Gateway gateway = gateways.start(setup());

    assertThat(run(gateway, "add", "law", "--source", source("law"), "--json")).isZero();
    assertThat(GatewayExtension.json(out.toString()).path("name").asText()).isEqualTo("law");
    assertThat(run(gateway, "list", "--json")).isZero();
    assertThat(GatewayExtension.json(out.toString()).path("adapters")).hasSize(1);
    assertThat(run(gateway, "explain", "law", "--json")).isZero();
    assertThat(GatewayExtension.json(out.toString()).path("explanation").isEmpty()).isFalse();
    assertThat(run(gateway, "explain", "none", "--json")).isEqualTo(1);
    assertThat(GatewayExtension.json(out.toString()).path("error").path("code").asText())
        .isEqualTo("adapter_not_found");
  }

  @Test
  void explain_hasASentenceALine() {
    folder.write("law", 1);
    Gateway gateway = gateways.start(setup());
    run(gateway, "add", "law", "--source", source("law"), "--replicas", "1", "--wait=20s");

    assertThat(run(gateway, "explain", "law")).isZero();

    assertThat(out.toString().lines())
        .startsWith("law: ready", "  It is ready: as many endpoints serve it as should.")
        .anySatisfy(line -> assertThat(line).contains(server.address()).endsWith("serves it."));
  }

  @Test
  void remove_takesItAway_once() {
    folder.write("law", 1);
    Gateway gateway = gateways.start(setup());
    run(gateway, "add", "law", "--source", source("law"));

    assertThat(run(gateway, "remove", "law")).isZero();
    assertThat(out.toString()).isEqualTo("law was removed\n");
    assertThat(run(gateway, "remove", "law")).isEqualTo(1);
    assertThat(err.toString()).isEqualTo("no adapter \"law\" is declared\n");
    await().atMost(SOON).until(() -> gateway.adapters().statuses().isEmpty());
  }

  @Test
  void token_isReadFromAFile() throws IOException {
    Gateway gateway = gateways.launch(setup().adminToken("s3cret"));
    Path token = Files.writeString(directory.resolve("token"), "s3cret\n");

    assertThat(run(gateway, "list", "--token-file", token.toString())).isZero();
    assertThat(run(gateway, "list")).isEqualTo(1);
    assertThat(err.toString()).contains("--token-file");
  }

  @Test
  void gatewayThatIsNotThere_isTold() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      port = free.getLocalPort();
    }

    assertThat(run(List.of("list", "--admin", "127.0.0.1:" + port))).isEqualTo(1);

    assertThat(err.toString())
        .startsWith("no gateway answers at http://127.0.0.1:" + port)
        .contains("--admin");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "add",
        "add law",
        "add law --source /x --wait=soon",
        "add law --source /x --priority=high",
        "list extra",
        "list --admin ftp://x",
        "list --token-file /nowhere/token",
        "remove",
        "explain"
      })
  void wrongUsage_endsWith2(String args) {
    assertThat(run(List.of(args.split(" ")).stream().filter(arg -> !arg.isEmpty()).toList()))
        .isEqualTo(2);
    assertThat(err.toString()).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "list", "add", "remove", "explain"})
  void help_hasExamples(String command) {
    assertThat(run(List.of((command + " --help").strip().split(" ")))).isZero();
    assertThat(out.toString()).contains("Example", "gateway/run adapters " + command);
  }
}
