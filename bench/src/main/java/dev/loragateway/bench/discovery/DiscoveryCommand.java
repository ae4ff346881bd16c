package dev.loragateway.bench.discovery;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.loragateway.bench.Commands;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code bench/run.sh discovery}: measures what watching Kubernetes costs. Confined to one thread,
 * but for the end of the program.
 */
@Command(
    name = "bench/run.sh discovery",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpWidth = 100,
    description = {
      "Measures what watching Kubernetes costs and how soon changes are known: the gateway's own",
      "discovery against any API server. Makes the namespace lora-gateway-bench with"
          + " EndpointSlices",
      "and pods that nobody schedules, and removes it in the end, also on failure and Ctrl-C. If"
          + " it",
      "is there already, nothing is done. Exits with 1 if something could not be measured; a"
          + " missed",
      "bar is only said."
    },
    footer = {
      "",
      "Examples:",
      "  bench/run.sh discovery --kubeconfig ~/.kube/config",
      "  bench/run.sh discovery --kubeconfig ~/.kube/config --services 4 --endpoints 8 --quiet 5"
    })
public final class DiscoveryCommand implements Callable<Integer> {
  private static final int INTERRUPTED = 130;
  private static final int REMOVAL_SECONDS = 300;

  @Option(
      names = "--kubeconfig",
      required = true,
      paramLabel = "FILE",
      description = "Of somebody who may make namespaces, pods, EndpointSlices and Leases.")
  private @Nullable Path kubeconfig;

  @Option(names = "--context", description = "Of that file (default: its current one).")
  private String context = "";

  @Option(names = "--services", description = "Services (default: ${DEFAULT-VALUE}).")
  private int services = 50;

  @Option(names = "--endpoints", description = "Of each Service (default: ${DEFAULT-VALUE}).")
  private int endpoints = 100;

  @Option(
      names = "--pod-kib",
      description =
          "KiB of filler in each pod: pods have some, by their status and by who manages which"
              + " field (default: ${DEFAULT-VALUE}).")
  private int podKib = 8;

  @Option(
      names = "--quiet",
      description =
          "Seconds for which CPU is measured while nothing changes (default:"
              + " ${DEFAULT-VALUE}).")
  private int quiet = 20;

  @Option(
      names = "--writing",
      description = "Seconds for which pods are annotated (default: ${DEFAULT-VALUE}).")
  private int writing = 20;

  @Option(names = "--changes", description = "Measured, of each kind (default: ${DEFAULT-VALUE}).")
  private int changes = 200;

  @Option(names = "--warm-up", description = "Changes before those (default: ${DEFAULT-VALUE}).")
  private int warmUp = 20;

  @Option(names = "--seed", description = "Of what changes when (default: ${DEFAULT-VALUE}).")
  private long seed = 7;

  @Option(names = "--out", description = "Directory of the reports (default: ${DEFAULT-VALUE}).")
  private Path out = Path.of("bench/results/discovery");

  @Spec private @Nullable CommandSpec spec;

  public static void main(String[] args) {
    ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
    Commands.main(new DiscoveryCommand(), args);
  }

  @Override
  public Integer call() throws IOException {
    Sizes sizes = new Sizes(services, endpoints, podKib, quiet, writing, changes, warmUp, seed);
    Access access = new Access(Objects.requireNonNull(kubeconfig), context);
    System.out.println(DiscoveryReport.setting(sizes));
    try {
      DiscoveryReport report = new DiscoveryReport(sizes, run(new DiscoveryRun(access, sizes)));
      System.out.print(report.text());
      report.write(out, commandLine());
      System.out.println("\nwritten to " + out);
      return 0;
    } catch (InterruptedException e) {
      System.err.println("interrupted");
      return INTERRUPTED;
    } catch (ExecutionException | KubernetesClientException | IllegalStateException e) {
      System.err.println("bench/run.sh discovery: " + reason(e));
      return 1;
    }
  }

  private static String reason(Throwable failed) {
    for (Throwable at = failed; at != null; at = at.getCause()) {
      if (at instanceof KubernetesClientException e && e.getCode() > 0) {
        boolean told = e.getStatus() != null && e.getStatus().getMessage() != null;
        return "the API server answered "
            + e.getCode()
            + ": "
            + (told ? e.getStatus().getMessage() : e.getMessage());
      }
      if (at instanceof IOException) {
        Throwable cause = at;
        while (cause.getCause() != null) {
          cause = cause.getCause();
        }
        return "the API server cannot be reached: " + cause;
      }
    }
    return String.valueOf(failed.getMessage());
  }

  /** When the program is asked to end, the run is interrupted, and may remove what it made. */
  private static DiscoveryResult run(DiscoveryRun run)
      throws InterruptedException, ExecutionException {
    Thread thread = Thread.currentThread();
    CountDownLatch over = new CountDownLatch(1);
    Thread end =
        new Thread(
            () -> {
              thread.interrupt();
              try {
                if (!over.await(REMOVAL_SECONDS, TimeUnit.SECONDS)) {
                  System.err.println("namespace " + Cluster.NAMESPACE + " was not removed in time");
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    Runtime.getRuntime().addShutdownHook(end);
    try {
      return run.run();
    } catch (ExecutionException | RuntimeException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      throw e;
    } finally {
      over.countDown();
    }
  }

  /** The file's place says nothing about the measurement. */
  private String commandLine() {
    List<String> args = Objects.requireNonNull(spec).commandLine().getParseResult().originalArgs();
    String given = String.join(" ", args);
    return "bench/run.sh discovery " + given.replace(String.valueOf(kubeconfig), "FILE");
  }
}
