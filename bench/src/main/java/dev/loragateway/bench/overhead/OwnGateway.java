package dev.loragateway.bench.overhead;

import dev.loragateway.bench.process.Ports;
import dev.loragateway.bench.process.Shell;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * This gateway, with two pools. Immutable.
 *
 * @param name in reports
 * @param loops event loops
 * @param root of the project
 * @param javaOptions given to its JVM, too
 */
public record OwnGateway(String name, int loops, Path root, String javaOptions) implements Proxy {
  static final String NAME = "gateway";

  static OwnGateway onOneLoop(Path root, String javaOptions) {
    return new OwnGateway(NAME, 1, root, javaOptions);
  }

  @Override
  public String setting() {
    return "event loops: %d, two pools of two endpoints, lora-aware, metrics and scraping on"
        .formatted(loops);
  }

  @Override
  public void install() {}

  @Override
  public String version() throws InterruptedException {
    return versionOf(root);
  }

  /** The last commit that changed it, and whether it was changed since. */
  public static String versionOf(Path root) throws InterruptedException {
    try {
      String commit = git(root, "log", "-1", "--format=%h").strip();
      return git(root, "status", "--porcelain").isBlank() ? commit : commit + " and changes";
    } catch (IOException e) {
      return "not from a checkout";
    }
  }

  private static String git(Path root, String... command) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of("git", "-C", root.toString()));
    all.addAll(List.of(command));
    all.addAll(List.of("--", "src/main", "pom.xml", "gateway/run", "gateway/java.args"));
    return Shell.output(all);
  }

  /** The models that requests name. */
  public static List<String> adapters() {
    List<String> models = Stub.MODELS.getFirst();
    return models.subList(1, models.size());
  }

  @Override
  public Launch configure(Site site) throws IOException {
    return serve(root, site, Ports.free())
        .with("JAVA_OPTS", "-Dio.netty.eventLoopThreads=" + loops + " " + javaOptions);
  }

  /**
   * How it is started by a user.
   *
   * @param admin the port for operators
   */
  public static Launch serve(Path root, Site site, int admin) throws IOException {
    String file =
        site.write(
            "gateway.yaml",
            """
            listen: 127.0.0.1:%d
            admin: { listen: 127.0.0.1:%d }
            pools:
            %s%s\
            drain: { delay: 0s }
            """
                .formatted(site.port(), admin, pool(0, site.servers()), pool(1, site.others())));
    return serve(root, file);
  }

  /** The same of a configuration's file. */
  public static Launch serve(Path root, String file) {
    return Launch.of(root.resolve("gateway/run").toString(), "serve", "--config", file);
  }

  /** The servers have places for every paced stream: no request is to wait. */
  private static String pool(int number, List<Integer> ports) {
    return """
    - name: pool-%d
      baseModel: %s
      cpuAdapterSlots: 8
      maxNumSeqs: 4096
      endpoints:
    %s\
    """
        .formatted(
            number,
            Stub.MODELS.get(number).getFirst(),
            Site.each(ports, "  - http://127.0.0.1:%d%n"));
  }
}
