package dev.loragateway.bench.overhead;

import dev.loragateway.bench.process.ProcessTree;
import dev.loragateway.bench.process.Running;
import dev.loragateway.bench.process.Shell;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One way to the servers: through a proxy that runs, or directly. A proxy is paused while it is not
 * its turn. Confined to one thread.
 *
 * @param name of the proxy
 * @param port to which requests go
 * @param models that requests name
 * @param tree the proxy; null = none
 */
record Contender(String name, int port, List<String> models, @Nullable ProcessTree tree) {
  static final String DIRECT = "direct";

  private static final Duration START = Duration.ofSeconds(120);
  private static final long POLL_MILLIS = 100;

  static Contender direct(int port, List<String> models) {
    return new Contender(DIRECT, port, models, null);
  }

  /**
   * Starts a proxy and waits until a request gets through.
   *
   * @throws IOException if none does; the message has what the proxy said last
   */
  static Contender start(Proxy proxy, Site site, Cores cores)
      throws IOException, InterruptedException {
    Files.createDirectories(site.directory());
    Proxy.Launch launch = proxy.configure(site);
    File log = site.directory().resolve("output.log").toFile();
    ProcessBuilder builder =
        new ProcessBuilder(cores.onProxy(launch.command()))
            .directory(site.directory().toFile())
            .redirectErrorStream(true)
            .redirectOutput(log);
    builder.environment().putAll(launch.environment());
    ProcessTree tree = new ProcessTree(builder.start());
    Running.endWithThisProgram(tree);
    Contender contender = new Contender(proxy.name(), site.port(), proxy.models(), tree);
    contender.await(log.toPath());
    return contender;
  }

  String url() {
    return "http://127.0.0.1:" + port + "/v1/chat/completions";
  }

  private void await(Path log) throws IOException, InterruptedException {
    ProcessTree started = java.util.Objects.requireNonNull(tree);
    long deadline = System.nanoTime() + START.toNanos();
    String last = "nothing listens";
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      while (started.root().isAlive() && System.nanoTime() < deadline) {
        last = ask(client);
        if (last.isEmpty()) {
          return;
        }
        Thread.sleep(POLL_MILLIS);
      }
    }
    started.end();
    throw new IOException(
        "%s does not serve: %s%n  %s".formatted(name, last, Shell.tail(Files.readString(log))));
  }

  /** Empty where each model is answered, else what is wrong. */
  private String ask(HttpClient client) throws InterruptedException {
    try {
      for (String model : models) {
        HttpRequest request =
            HttpRequest.newBuilder(URI.create(url()))
                .header("content-type", "application/json")
                .timeout(Duration.ofSeconds(10))
                .POST(
                    BodyPublishers.ofString(
                        "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}"
                            .formatted(model)))
                .build();
        HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
        if (response.statusCode() != 200 || !response.body().contains("An adapter")) {
          return "status " + response.statusCode() + " " + response.body();
        }
      }
      return "";
    } catch (IOException e) {
      return e.toString();
    }
  }

  double cpuSeconds() {
    return tree == null ? Double.NaN : tree.cpuSeconds();
  }

  double rssMib() {
    return tree == null ? Double.NaN : tree.rssMib();
  }

  void pause() {
    if (tree != null) {
      tree.pause();
    }
  }

  void resume() {
    if (tree != null) {
      tree.resume();
    }
  }

  void end() {
    if (tree != null) {
      tree.end();
    }
  }
}
