package dev.loragateway.scrape;

import static dev.loragateway.fuzz.Fuzzer.same;

import dev.loragateway.fuzz.Fuzzer;
import dev.loragateway.fuzz.Inputs;
import dev.loragateway.model.Endpoint;
import dev.loragateway.model.EndpointLoad;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Bytes of model servers that are probed, good and bad. */
class ScrapeFuzzTest {
  private static final Endpoint ENDPOINT = Endpoint.plain("pool", "127.0.0.1", 8000);
  private static final int MOST = 4096;

  private static Inputs pages() throws IOException {
    String page = Files.readString(Path.of("src/test/resources/metrics/vllm-0.32.txt"));
    String lora =
        """
        vllm:lora_requests_info{max_lora="4",running_lora_adapters="a,b",waiting_lora_adapters=""} 1.7e+09
        vllm:lora_adapter_loaded{adapter_name="a\\\\\\"b\\n",level="gpu",engine="0"} 1
        vllm:num_requests_running{engine="0",model_name="base"} 3.0
        vllm:num_requests_waiting{engine="0"} 2 1700000000000
        vllm:kv_cache_usage_perc{engine="0"} 0.5 # {trace_id="x"} 1
        process_start_time_seconds 1.7e9
        """;
    return Inputs.of(
        List.of(
            lora,
            page.substring(0, 6000),
            page.substring(page.indexOf("vllm:num_requests_running") - 200).substring(0, 3000),
            """
            sglang:num_running_reqs{model_name="m"} 1
            sglang:num_queue_reqs 2
            sglang:token_usage 0.1
            """),
        "vllm:num_requests_running",
        "vllm:num_requests_waiting_by_reason{reason=\"deferred\"}",
        "vllm:lora_requests_info{",
        "running_lora_adapters=\"",
        "max_lora=\"-1\"",
        "sglang:lora_pool_slots_used",
        "{",
        "}",
        "\"",
        "\\",
        ",",
        "=",
        " ",
        "\t",
        "\n",
        "\r\n",
        "#",
        "NaN",
        "+Inf",
        "-Inf",
        "1e400",
        "e",
        ".",
        "é",
        "\u0000",
        "9".repeat(400));
  }

  private static final Inputs ANSWERS =
      Inputs.of(
          Stream.of(
                  "HTTP/1.1 200 OK|Content-Length: 2|X: y||ok",
                  "HTTP/1.1 200 OK|Transfer-Encoding: chunked||1;a=b|o|1|k|0|x: y||",
                  "HTTP/1.0 200 OK||ok to the end",
                  "HTTP/1.1 103 Hints|link: x||HTTP/1.1 200 OK|Content-Length: 1||x",
                  "HTTP/1.1 200 OK|Connection: close|Content-Length: 1||x",
                  "HTTP/1.1 204 No||HTTP/1.1 200 OK|Content-Length: 0||",
                  "HTTP/1.1 500 Oops|Content-Length: 300||" + "x".repeat(300))
              .map(answer -> answer.replace("|", "\r\n"))
              .toList(),
          "HTTP/1.1 200 OK\r\n",
          "HTTP/1.1 100 Continue\r\n\r\n",
          "Content-Length: ",
          "Transfer-Encoding: chunked\r\n",
          "Transfer-Encoding: gzip, chunked\r\n",
          "Connection: close\r\n",
          "\r\n",
          "\r\n\r\n",
          "\n",
          "\r",
          ":",
          ";",
          "ffffffff",
          "7fffffff",
          "0\r\n\r\n",
          "-",
          "+",
          "\u0000",
          "é",
          "x".repeat(5000));

  @Test
  void page_neverBreaksItsReaders() throws Exception {
    Fuzzer.run("metrics pages", pages(), ScrapeFuzzTest::page);
  }

  private static void page(byte[] input, SplittableRandom random) {
    byte[] longer = Arrays.copyOf(input, input.length + 1 + random.nextInt(20));
    Arrays.fill(longer, input.length, longer.length, (byte) '7');
    PrometheusParser.parse(
        input, input.length, PrometheusParserTest.visitor(name -> true, (n, labels, value) -> {}));
    for (Engine engine : Engine.values()) {
      EndpointLoad load = EngineMapping.of(engine).map(input, input.length, 1.7e9);
      same(EngineMapping.of(engine).map(longer, input.length, 1.7e9), load);
      if (load != null && (load.running() < 0 || load.waiting() < 0 || load.kvCache() > 1)) {
        throw new AssertionError(load);
      }
    }
  }

  @Test
  void answer_neverBreaksItsReader() throws InterruptedException {
    Fuzzer.run("HTTP answers", ANSWERS, ScrapeFuzzTest::answer);
  }

  private static void answer(byte[] input, SplittableRandom random) throws IOException {
    same(ask(new Pieces(input, random)), ask(new ByteArrayInputStream(input)));
  }

  private static String ask(InputStream in) throws IOException {
    long deadline = System.nanoTime() + TimeUnit.HOURS.toNanos(1);
    try (HttpConnection connection =
        HttpConnection.open(new Loop(in), ENDPOINT, InetAddress.getLoopbackAddress())) {
      return switch (connection.ask(new byte[0], new PageBuffers(), MOST, deadline)) {
        case Answer.Page page -> Base64.getEncoder().encodeToString(page.exactBytes());
        case Answer.Failed failed -> failed.toString();
      };
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Gives some bytes at a time. */
  private static final class Pieces extends InputStream {
    private final InputStream in;
    private final SplittableRandom random;
    private final int largest;

    Pieces(byte[] bytes, SplittableRandom random) {
      this.in = new ByteArrayInputStream(bytes);
      this.random = random;
      this.largest = random.nextBoolean() ? 3 : 100;
    }

    @Override
    public int read() throws IOException {
      return in.read();
    }

    @Override
    public int read(byte[] to, int from, int length) throws IOException {
      return in.read(to, from, Math.min(length, 1 + random.nextInt(largest)));
    }
  }

  /** A socket whose other side says what it was told to. */
  private static final class Loop extends Socket {
    private final InputStream in;

    Loop(InputStream in) {
      this.in = in;
    }

    @Override
    public void connect(SocketAddress address) {}

    @Override
    public void setTcpNoDelay(boolean on) {}

    @Override
    public InputStream getInputStream() {
      return in;
    }

    @Override
    public OutputStream getOutputStream() {
      return OutputStream.nullOutputStream();
    }

    @Override
    public void close() {}
  }
}
