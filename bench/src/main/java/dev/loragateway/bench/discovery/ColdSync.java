package dev.loragateway.bench.discovery;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.slf4j.LoggerFactory;

/** The first look of a JVM of its own, as a gateway takes it that has just started. Stateless. */
final class ColdSync {
  private static final int SECONDS = 300;
  private static final String RESULT = "sync ";

  private ColdSync() {}

  /** Runs it, and waits for what it tells. */
  static Sync run(Access access, Sizes sizes) throws InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(ColdSync.class.getName());
    command.addAll(List.of(access.kubeconfig().toString(), access.context()));
    command.addAll(List.of("" + sizes.services(), "" + sizes.endpoints()));
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      try {
        return result(process);
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Sync result(Process process) throws IOException, InterruptedException {
    if (!process.waitFor(SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IllegalStateException("the first look of a JVM of its own failed");
    }
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    for (String line : text.lines().toList()) {
      if (line.startsWith(RESULT)) {
        String[] ms = line.substring(RESULT.length()).split(" ");
        return new Sync(
            Double.parseDouble(ms[0]), Double.parseDouble(ms[1]), Double.parseDouble(ms[2]));
      }
    }
    throw new IllegalStateException("the first look of a JVM of its own told nothing");
  }

  public static void main(String[] args) throws InterruptedException {
    ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
    Access access = new Access(Path.of(args[0]), args[1]);
    Sizes sizes = new Sizes(Integer.parseInt(args[2]), Integer.parseInt(args[3]), 0, 1, 1, 1, 0, 0);
    try (Watching watching = new Watching(access::connect, sizes)) {
      Sync sync = watching.sync();
      System.out.printf(
          Locale.ROOT, "%s%.3f %.3f %.3f%n", RESULT, sync.toldMs(), sync.watchedMs(), sync.cpuMs());
    }
    System.exit(0);
  }
}
