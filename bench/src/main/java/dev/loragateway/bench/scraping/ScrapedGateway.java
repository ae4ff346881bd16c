package dev.loragateway.bench.scraping;

import com.sun.management.ThreadMXBean;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import dev.loragateway.bench.process.Ports;
import dev.loragateway.bench.process.ProcessTree;
import dev.loragateway.bench.process.Running;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * The gateway in a process of its own, with the servers in one pool. Confined to one thread.
 *
 * @param tree the process
 * @param admin the port of its metrics
 * @param jmx tells what it allocates
 */
record ScrapedGateway(ProcessTree tree, int admin, JMXConnector jmx) implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(120);
  private static final long POLL_MILLIS = 100;
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  /**
   * Starts it and waits until it is ready.
   *
   * @param interval of the scrapes, as the configuration spells it
   * @param javaOptions of its JVM
   */
  static ScrapedGateway start(
      Path root, Path directory, List<Integer> ports, String interval, String javaOptions)
      throws IOException, InterruptedException {
    int admin = Ports.free();
    Path config =
        Files.writeString(directory.resolve("gateway.yaml"), config(admin, ports, interval));
    ProcessBuilder builder =
        new ProcessBuilder(
                root.resolve("gateway/run").toString(), "serve", "--config", config.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("output.log").toFile());
    builder.environment().put("JAVA_OPTS", javaOptions);
    ProcessTree tree = new ProcessTree(builder.start());
    Running.endWithThisProgram(tree);
    await(tree, admin, directory.resolve("output.log"));
    return new ScrapedGateway(tree, admin, attach(tree.root().pid()));
  }

  private static String config(int admin, List<Integer> ports, String interval) throws IOException {
    return """
    listen: 127.0.0.1:%d
    admin: { listen: 127.0.0.1:%d }
    drain: { delay: 0s }
    pools:
    - name: pool
      baseModel: base
      scrape: { interval: %s }
      endpoints:
    %s\
    """
        .formatted(
            Ports.free(),
            admin,
            interval,
            ports.stream()
                .map(port -> "  - http://127.0.0.1:" + port + "\n")
                .collect(Collectors.joining()));
  }

  private static void await(ProcessTree tree, int admin, Path log)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + START.toNanos();
    while (tree.root().isAlive() && System.nanoTime() < deadline) {
      try {
        if (get(admin, "/readyz").isPresent()) {
          return;
        }
      } catch (IOException e) {
        // it does not listen yet
      }
      Thread.sleep(POLL_MILLIS);
    }
    throw new IOException("the gateway did not start: " + Files.readString(log).strip());
  }

  private static java.util.Optional<String> get(int port, String path)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build();
    var response = CLIENT.send(request, BodyHandlers.ofString());
    return response.statusCode() == 200
        ? java.util.Optional.of(response.body())
        : java.util.Optional.empty();
  }

  private static JMXConnector attach(long pid) throws IOException {
    try {
      VirtualMachine machine = VirtualMachine.attach(Long.toString(pid));
      try {
        return JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent()));
      } finally {
        machine.detach();
      }
    } catch (AttachNotSupportedException e) {
      throw new IOException(e);
    }
  }

  /** What it has used so far; asking costs it some milliseconds. */
  Usage usage() throws IOException, InterruptedException {
    double scrapes =
        get(admin, "/metrics")
            .orElseThrow()
            .lines()
            .filter(line -> line.startsWith("lora_gateway_scrape_seconds_count"))
            .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
            .sum();
    double allocated =
        ManagementFactory.newPlatformMXBeanProxy(
                jmx.getMBeanServerConnection(),
                ManagementFactory.THREAD_MXBEAN_NAME,
                ThreadMXBean.class)
            .getTotalThreadAllocatedBytes();
    return new Usage(
        System.nanoTime(), tree.cpuSeconds(), allocated, scrapes, tree.threadSeconds());
  }

  @Override
  public void close() throws IOException {
    jmx.close();
    tree.end();
  }
}
