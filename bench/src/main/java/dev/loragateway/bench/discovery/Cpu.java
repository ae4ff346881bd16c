package dev.loragateway.bench.discovery;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.Map;
import java.util.TreeMap;

/**
 * CPU time that this process has used so far. Immutable.
 *
 * @param at when, as {@link System#nanoTime}
 * @param nanos of all its threads; Linux counts in steps of 10 ms
 * @param threads nanoseconds of the Java threads that live, by their names without numbers
 */
record Cpu(long at, long nanos, Map<String, Long> threads) {
  /** What is not a Java thread, or one that has ended. */
  static final String JVM = "compiler, collector, others";

  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  Cpu {
    threads = Map.copyOf(threads);
  }

  static Cpu now() {
    Map<String, Long> threads = new TreeMap<>();
    for (ThreadInfo thread : THREADS.getThreadInfo(THREADS.getAllThreadIds())) {
      if (thread != null) {
        String name = thread.getThreadName().replaceAll("[-@]?[0-9]+", "");
        long used = Math.max(0, THREADS.getThreadCpuTime(thread.getThreadId()));
        threads.merge(name, used, Long::sum);
      }
    }
    return new Cpu(System.nanoTime(), SYSTEM.getProcessCpuTime(), threads);
  }

  double msSince(Cpu before) {
    return (nanos - before.nanos) / 1e6;
  }

  /** Percent of a core. */
  double percentSince(Cpu before) {
    return 100.0 * (nanos - before.nanos) / (at - before.at);
  }

  /** The same by the threads' names; those that used next to nothing are counted as others. */
  Map<String, Double> percentsSince(Cpu before) {
    Map<String, Double> percents = new TreeMap<>();
    double rest = percentSince(before);
    for (Map.Entry<String, Long> thread : threads.entrySet()) {
      long used = thread.getValue() - before.threads.getOrDefault(thread.getKey(), 0L);
      double percent = 100.0 * used / (at - before.at);
      if (percent >= 0.01) {
        percents.put(thread.getKey(), percent);
        rest -= percent;
      }
    }
    percents.put(JVM, Math.max(0, rest));
    return percents;
  }
}
