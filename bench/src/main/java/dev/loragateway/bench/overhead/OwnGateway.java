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
 * @param root of the project
 * @param javaOptions given to its JVM, too
 */
record OwnGateway(Path root, String javaOptions) implements Proxy {
  static final String NAME = "gateway";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String setting() {
    return "one event loop, two pools of two endpoints, lora-aware, metrics and scraping on";
  }

  @Override
  public void install() {}

  /** The last commit that changed it, and whether it was changed since. */
  @Override
  public String version() throws InterruptedException {
    try {
      String commit = git("log", "-1", "--format=%h").strip();
      return git("status", "--porcelain").isBlank() ? commit : commit + " and changes";
    } catch (IOException e) {
      return "not from a checkout";
    }
  }

  private String git(String... command) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of("git", "-C", root.toString()));
    all.addAll(List.of(command));
    all.addAll(List.of("--", "src/main", "pom.xml", "gateway/run"));
    return Shell.output(all);
  }

  @Override
  public Launch configure(Site site) throws IOException {
    String file =
        site.write(
            "gateway.yaml",
            """
            listen: 127.0.0.1:%d
            admin: { listen: 127.0.0.1:%d }
            pools:
            %s%s\
            """
                .formatted(
                    site.port(), Ports.free(), pool(0, site.servers()), pool(1, site.others())));
    return Launch.of(root.resolve("gateway/run").toString(), "serve", "--config", file)
        .with("JAVA_OPTS", "-Dio.netty.eventLoopThreads=1 " + javaOptions);
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
