package dev.loragateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The command, in a process of its own where that matters. */
class RuntimeCommandTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Pattern SERVING = Pattern.compile("serving on /127\\.0\\.0\\.1:(\\d+)");

  @TempDir Path directory;
  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void end() {
    processes.forEach(process -> process.destroyForcibly().onExit().join());
  }

  private Process start(Path log, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "runtime"));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    processes.add(process);
    return process;
  }

  private static int port(Path log) throws IOException {
    Matcher serving = SERVING.matcher(Files.readString(log));
    return serving.find() ? Integer.parseInt(serving.group(1)) : 0;
  }

  private static HttpRequest load(int port, String url) {
    String body = "{\"lora_name\":\"support\",\"artifact_url\":\"" + url + "\"}";
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/lora_adapter/load"))
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  private static byte[] weights() {
    byte[] header =
        "{\"m.lora_A.weight\":{\"dtype\":\"F16\",\"shape\":[8,4096],\"data_offsets\":[0,65536]}}"
            .getBytes(UTF_8);
    return ByteBuffer.allocate(Long.BYTES + header.length + 65536)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .array();
  }

  @Test
  void runtime_killedDuringAFetch_startsAgainWithNothingHalfDone() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    CountDownLatch half = new CountDownLatch(1);
    HttpServer web =
        HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    web.createContext(
        "/a/adapter_config.json",
        exchange -> {
          try (exchange) {
            byte[] config = "{\"r\":8}".getBytes(UTF_8);
            exchange.sendResponseHeaders(200, config.length);
            exchange.getResponseBody().write(config);
          }
        });
    web.createContext(
        "/a/adapter_model.safetensors",
        exchange -> {
          try (exchange) {
            byte[] weights = weights();
            exchange.sendResponseHeaders(200, weights.length);
            exchange.getResponseBody().write(weights, 0, 40_000);
            exchange.getResponseBody().flush();
            half.countDown();
            gate.await(60, TimeUnit.SECONDS);
            exchange.getResponseBody().write(weights, 40_000, weights.length - 40_000);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    web.start();
    String url = "http://127.0.0.1:" + web.getAddress().getPort() + "/a/";
    try (SimulatedServer engine = SimulatedServer.start(SimSettings.of("base").withTimeScale(0));
        HttpClient client = HttpClient.newHttpClient()) {
      String[] arguments = {
        "--listen",
        "127.0.0.1:0",
        "--engine-url",
        "http://" + engine.address(),
        "--directory",
        directory.resolve("volume").toString()
      };
      Path log = directory.resolve("first.log");
      Process first = start(log, arguments);
      await().atMost(SOON).until(() -> port(log) > 0);
      client.sendAsync(load(port(log), url), BodyHandlers.discarding());
      half.await();
      Path temporary = directory.resolve("volume/tmp");
      await().atMost(SOON).until(() -> files(temporary) == 2);
      first.destroyForcibly().onExit().join();
      assertThat(files(temporary)).isEqualTo(2);
      assertThat(files(directory.resolve("volume/artifacts"))).isZero();
      gate.countDown();

      Path secondLog = directory.resolve("second.log");
      Process second = start(secondLog, arguments);
      await().atMost(SOON).until(() -> port(secondLog) > 0);
      assertThat(files(temporary)).isZero();
      HttpResponse<String> answer =
          client.send(load(port(secondLog), url), BodyHandlers.ofString());
      assertThat(answer.body()).contains("\"status\":\"success\"");
      assertThat(files(directory.resolve("volume/artifacts"))).isEqualTo(2);
      second.destroy();
      assertThat(second.onExit().join().exitValue()).isZero();
    } finally {
      web.stop(0);
    }
  }

  private static long files(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).count();
    }
  }

  @Test
  void runtime_openToOthersWithoutAKey_doesNotStart() throws Exception {
    Path log = directory.resolve("log");
    Process process =
        start(log, "--listen", "0.0.0.0:0", "--directory", directory.resolve("v").toString());
    assertThat(process.onExit().join().exitValue()).isEqualTo(1);
    assertThat(log).content().contains("open to other machines", "--api-key-file");
    assertThat(directory.resolve("v")).doesNotExist();
  }

  private static String run(int code, String... arguments) {
    StringWriter text = new StringWriter();
    CommandLine line = new CommandLine(new RuntimeCommand());
    line.setOut(new PrintWriter(text)).setErr(new PrintWriter(text));
    assertThat(line.execute(arguments)).isEqualTo(code);
    return text.toString();
  }

  @ParameterizedTest
  @CsvSource({
    "--listen, nowhere, HOST:PORT",
    "--listen, 127.0.0.1:x, HOST:PORT",
    "--listen, no.such.host.invalid:8080, HOST:PORT",
    "--listen, :8080, HOST:PORT",
    "--engine, tgi, vllm or sglang",
    "--engine-url, ftp://h, http://HOST:PORT",
    "--max-bytes, 16GB, 16GiB",
    "--max-total, 0B, 16GiB"
  })
  void options_thatAreWrong_areTold(String option, String value, String expected) {
    assertThat(run(2, option, value)).contains(value, "(expected: ").contains(expected);
  }

  @Test
  void help_hasExamples() {
    assertThat(run(0, "--help"))
        .contains("Examples:", "gateway/run runtime", "--credentials-directory", "Exit code");
  }
}
