package dev.loragateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import dev.loragateway.kubernetes.ClusterExtension;
import dev.loragateway.kubernetes.ServicePods;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * A simulated server in a process of its own, at an address that a pod may have. What the test asks
 * it comes from an address that nobody else uses. Confined to one thread.
 */
final class SimProcess implements AutoCloseable {
  private static final InetAddress TEST = InetAddress.ofLiteral("10.9.0.254");

  private final String host;
  private final Process process;

  /** Starts it, without waiting for it. */
  SimProcess(String host, Path logs, String... arguments) throws IOException {
    this.host = host;
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "sim",
                "--host",
                host,
                "--port",
                String.valueOf(ServicePods.PORT)));
    command.addAll(List.of(arguments));
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(logs.resolve(host + ".log").toFile())
            .start();
  }

  String host() {
    return host;
  }

  String address() {
    return host + ":" + ServicePods.PORT;
  }

  void awaitListening() {
    await()
        .atMost(ClusterExtension.SOON)
        .ignoreExceptionsInstanceOf(UncheckedIOException.class)
        .until(() -> ask("GET /health", "").startsWith("HTTP/1.1 200"));
  }

  /** What the server says of itself: requests under way, and those answered since its start. */
  record Load(int active, int answered) {}

  /** Asking for it is a request that counts as answered from the next time on. */
  Load load() {
    String page = ask("GET /metrics", "");
    int active = sum(page, "vllm:num_requests_running{") + sum(page, "vllm:num_requests_waiting{");
    return new Load(active, sum(page, "http_requests_total{"));
  }

  private static int sum(String page, String metric) {
    return page.lines()
        .filter(line -> line.startsWith(metric))
        .mapToInt(line -> (int) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** Whether its engine stands still: what is under way there stays so. */
  void stall(boolean on) {
    String answer = ask("POST /sim/faults", "{\"kind\": \"stall\", \"on\": " + on + "}");
    if (!answer.startsWith("HTTP/1.1 200")) {
      throw new AssertionError(answer);
    }
  }

  private String ask(String what, String body) {
    try (Socket socket = new Socket()) {
      socket.bind(new InetSocketAddress(TEST, 0));
      socket.connect(new InetSocketAddress(InetAddress.ofLiteral(host), ServicePods.PORT));
      String head =
          "%s HTTP/1.1\r\nHost: sim\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
              .formatted(what, body.length());
      socket.getOutputStream().write((head + body).getBytes(UTF_8));
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The ports of those who have connections with it or had some in the last minute, as the kernel
   * knows them; the test's own are not among them.
   */
  Set<Integer> peers() {
    Set<Integer> ports = new HashSet<>();
    try {
      for (String table : List.of("/proc/self/net/tcp", "/proc/self/net/tcp6")) {
        for (String line : Files.readAllLines(Path.of(table))) {
          String[] columns = line.strip().split(" +", -1);
          addPeer(ports, columns[1], columns[2]);
          addPeer(ports, columns[2], columns[1]);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ports;
  }

  private void addPeer(Set<Integer> ports, String end, String other) {
    if (isAt(end, InetAddress.ofLiteral(host)) && port(end) == ServicePods.PORT) {
      if (port(other) != 0 && !isAt(other, TEST)) {
        ports.add(port(other));
      }
    }
  }

  /** The kernel writes an address as the machine's own numbers, also where IPv6 wraps it. */
  private static boolean isAt(String end, InetAddress address) {
    int colon = end.indexOf(':');
    if (colon < 8) {
      return false;
    }
    byte[] bytes = address.getAddress();
    if (ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN) {
      bytes = new byte[] {bytes[3], bytes[2], bytes[1], bytes[0]};
    }
    return end.substring(colon - 8, colon).equals(HexFormat.of().withUpperCase().formatHex(bytes));
  }

  /** Zero where the line is the table's head. */
  private static int port(String end) {
    int colon = end.indexOf(':');
    return colon < 0 ? 0 : HexFormat.fromHexDigits(end, colon + 1, end.length());
  }

  /** Ends it as a node does. */
  void terminate() {
    process.destroy();
    process.onExit().join();
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
