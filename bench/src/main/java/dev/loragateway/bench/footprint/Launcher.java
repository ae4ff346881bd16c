package dev.loragateway.bench.footprint;

import dev.loragateway.bench.overhead.OwnGateway;
import dev.loragateway.bench.overhead.Proxy.Launch;
import dev.loragateway.bench.overhead.Site;
import dev.loragateway.bench.process.Ports;
import dev.loragateway.bench.process.ProcessTree;
import dev.loragateway.bench.process.Running;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Starts the gateway as a user does. Immutable.
 *
 * @param root of the project
 * @param site where it is to run
 * @param javaOptions given to its JVM
 */
public record Launcher(Path root, Site site, String javaOptions) {
  private static final long POLL_MILLIS = 2;
  private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(5);

  /**
   * A gateway that is ready. Immutable.
   *
   * @param tree its process
   * @param millis from exec until ready
   */
  public record Started(ProcessTree tree, long millis) {}

  /**
   * Starts one and waits until it is ready.
   *
   * @throws IOException if it ends; the message has what it said
   */
  Started start() throws IOException, InterruptedException {
    int admin = Ports.free();
    return start(
        OwnGateway.serve(root, site, admin),
        site.directory().resolve("gateway.log"),
        admin,
        javaOptions);
  }

  /**
   * Starts one of a configuration and waits until it is ready.
   *
   * @param directory where the configuration and the log are written
   * @param admin its port for operators, as the configuration says
   * @throws IOException if it ends; the message has what it said
   */
  public static ProcessTree serve(Path root, Path directory, String configuration, int admin)
      throws IOException, InterruptedException {
    Path file = Files.writeString(directory.resolve("gateway.yaml"), configuration);
    return start(
            OwnGateway.serve(root, file.toString()), directory.resolve("gateway.log"), admin, "")
        .tree();
  }

  /**
   * Starts one by a command and waits until it is ready.
   *
   * @param log where it writes
   * @param admin its port for operators
   * @throws IOException if it ends; the message has what it said
   */
  public static Started start(Launch launch, Path log, int admin, String javaOptions)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(launch.command()).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().put("JAVA_OPTS", javaOptions);
    long began = System.nanoTime();
    ProcessTree tree = new ProcessTree(builder.start());
    Running.endWithThisProgram(tree);
    while (!ready(admin)) {
      if (!tree.root().isAlive() || System.nanoTime() - began > PATIENCE_NANOS) {
        tree.end();
        throw new IOException("the gateway is not ready: " + Files.readString(log));
      }
      Thread.sleep(POLL_MILLIS);
    }
    return new Started(tree, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
  }

  private static boolean ready(int admin) {
    try {
      URI uri = URI.create("http://127.0.0.1:" + admin + "/readyz");
      HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
      boolean ready = connection.getResponseCode() == 200;
      connection.disconnect();
      return ready;
    } catch (IOException e) {
      return false;
    }
  }
}
