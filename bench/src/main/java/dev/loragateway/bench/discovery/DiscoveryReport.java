package dev.loragateway.bench.discovery;

import dev.loragateway.bench.discovery.Change.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** Writes down what was measured: as Markdown and as CSV. Immutable. */
record DiscoveryReport(Sizes sizes, DiscoveryResult result) {
  private static final double SYNC_MS = 3000;
  private static final double QUIET_PERCENT = 1;
  private static final double COMES_MS = 1000;
  private static final double LEAVES_MS = 200;

  /** What is measured, and on what. */
  static String setting(Sizes sizes) {
    return format(
        """
        %d endpoints: %d Services x %d, one EndpointSlice each; %d pods with %d KiB of filler each. \
        Quiet for %d s, %d changes of each kind after %d of warm-up, seed %d.
        """,
        sizes.allEndpoints(),
        sizes.services(),
        sizes.endpoints(),
        sizes.allPods(),
        sizes.podKib(),
        sizes.quietSeconds(),
        sizes.changes(),
        sizes.warmUp(),
        sizes.seed());
  }

  private String machine() {
    return format(
        "%s, %d cores, Java %s.%n",
        result.server(),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("java.version"));
  }

  /** The tables, which are readable as they stand, too. */
  String text() {
    return bars() + costs() + threads() + delays() + method();
  }

  private String bars() {
    StringBuilder text =
        new StringBuilder(
            """
            | bar                                              | limit    | measured   |        |
            |--------------------------------------------------|---------:|-----------:|--------|
            """);
    bar(text, "all endpoints told, JVM just started", SYNC_MS, "ms", result.cold().toldMs());
    bar(text, "all endpoints told, warm JVM", SYNC_MS, "ms", result.warm().toldMs());
    bar(text, "CPU while quiet, reading only", QUIET_PERCENT, "%", result.quietReading().percent());
    bar(text, "CPU while quiet, writing too", QUIET_PERCENT, "%", result.quietWriting().percent());
    bar(text, "an endpoint comes, slowest", COMES_MS, "ms", result.told(Kind.COMES, 1));
    bar(
        text,
        "an endpoint starts terminating, slowest",
        LEAVES_MS,
        "ms",
        result.told(Kind.TERMINATES, 1));
    return text.append('\n').toString();
  }

  private static void bar(
      StringBuilder text, String name, double limit, String unit, double measured) {
    text.append(
        format(
            "| %-48s | %5.0f %-2s | %7.2f %-2s | %-6s |%n",
            name, limit, unit, measured, unit, measured < limit ? "met" : "MISSED"));
  }

  private String costs() {
    Writing writing = result.writing();
    return format(
        """
        | first look       | all told ms | everything watched ms | CPU until told ms |
        |------------------|------------:|----------------------:|------------------:|
        | JVM just started | %11.0f | %21.0f | %17.0f |
        | warm JVM         | %11.0f | %21.0f | %17.0f |

        | annotating pods | failed | in s | patches/s | CPU ms per patch | CPU, of a core |
        |----------------:|-------:|-----:|----------:|-----------------:|---------------:|
        | %15d | %6d | %4.1f | %9.1f | %16.2f | %13.1f%% |

        """,
        result.cold().toldMs(),
        result.cold().watchedMs(),
        result.cold().cpuMs(),
        result.warm().toldMs(),
        result.warm().watchedMs(),
        result.warm().cpuMs(),
        writing.patches(),
        writing.failed(),
        writing.seconds(),
        writing.perSecond(),
        writing.cpuMsPerPatch(),
        writing.cpuPercent());
  }

  private String threads() {
    StringBuilder text =
        new StringBuilder(
            """
            | CPU while quiet, of a core, by thread    | reading only | writing too |
            |------------------------------------------|-------------:|------------:|
            """);
    Set<String> names = new TreeSet<>(result.quietReading().threads().keySet());
    names.addAll(result.quietWriting().threads().keySet());
    for (String name : names) {
      text.append(
          format(
              "| %-40s | %11.2f%% | %10.2f%% |%n",
              name,
              result.quietReading().threads().getOrDefault(name, 0.0),
              result.quietWriting().threads().getOrDefault(name, 0.0)));
    }
    return text.append('\n').toString();
  }

  private String delays() {
    StringBuilder text =
        new StringBuilder(
            """
            | from the API server's answer until told | p50 ms |   p90 |   p99 |   max | answer p50 ms |
            |-----------------------------------------|-------:|------:|------:|------:|--------------:|
            """);
    for (Kind kind : Kind.values()) {
      text.append(
          format(
              "| %-39s | %6.1f | %5.1f | %5.1f | %5.1f | %13.1f |%n",
              kind.text(),
              result.told(kind, 0.5),
              result.told(kind, 0.9),
              result.told(kind, 0.99),
              result.told(kind, 1),
              result.updated(kind)));
    }
    return text.append('\n').toString();
  }

  private static String method() {
    return """
    The gateway's own discovery watches each Service as a pool of its own, and the pods of the
    namespace. First look: from when it is asked to watch. It looks once a second whether everything
    is watched, so that figure is in whole seconds. CPU: all of this process, as a share of one core.
    Writing: the adapters of all pods are a constant table; they are first others than those annotated
    on some pods, which the gateway then annotates, and afterwards the same on all. Changes: one at a
    time, with annotations written as long as they last; the update of a slice has been acknowledged
    when the time begins. An endpoint that starts terminating is still there and serves.
    """;
  }

  /** Writes the report, which names the command that made it, and the figures. */
  void write(Path out, String command) throws IOException {
    Files.createDirectories(out);
    String head = "# What watching Kubernetes costs\n\nCommand: `" + command + "`, ";
    Files.writeString(out.resolve("report.md"), head + machine() + setting(sizes) + "\n" + text());
    Files.writeString(out.resolve("figures.csv"), figures());
    Files.writeString(out.resolve("changes.csv"), changes());
  }

  private String figures() {
    return format(
        """
        services,endpoints,cold_told_ms,cold_watched_ms,cold_cpu_ms,warm_told_ms,warm_watched_ms,\
        warm_cpu_ms,quiet_reading_percent,quiet_writing_percent,patches,patches_failed,\
        patches_seconds,patches_cpu_seconds
        %d,%d,%.1f,%.1f,%.1f,%.1f,%.1f,%.1f,%.3f,%.3f,%d,%d,%.2f,%.3f
        """,
        sizes.services(),
        sizes.endpoints(),
        result.cold().toldMs(),
        result.cold().watchedMs(),
        result.cold().cpuMs(),
        result.warm().toldMs(),
        result.warm().watchedMs(),
        result.warm().cpuMs(),
        result.quietReading().percent(),
        result.quietWriting().percent(),
        result.writing().patches(),
        result.writing().failed(),
        result.writing().seconds(),
        result.writing().cpuSeconds());
  }

  private String changes() {
    StringBuilder csv = new StringBuilder("kind,service,update_ms,told_ms\n");
    for (Change change : result.changes()) {
      csv.append(
          format(
              "%s,%d,%.3f,%.3f%n",
              change.kind().name().toLowerCase(Locale.ROOT),
              change.service(),
              change.delay().updateMs(),
              change.delay().toldMs()));
    }
    return csv.toString();
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
