package dev.loragateway.bench.overhead;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A program that was started, and what it started. Thread-safe. */
public record ProcessTree(Process root) {
  private static final long PATIENCE_SECONDS = 3;

  /** Ticks per second of the times in /proc, which are the same on every Linux. */
  private static final double TICKS = 100;

  private static final int STAT_AFTER_NAME = 3;
  private static final int STAT_USER_TIME = 14;
  private static final int STAT_CHILDRENS_SYSTEM_TIME = 17;

  /** Processor time so far, user's and system's, of all threads, children that ended included. */
  public double cpuSeconds() {
    return pids().mapToDouble(ProcessTree::cpuSeconds).sum();
  }

  /** Resident memory. */
  public double rssMib() {
    return pids().mapToDouble(ProcessTree::rssMib).sum();
  }

  /** Stops it, so that it does not disturb; it goes on where it was. */
  void pause() {
    signal("STOP");
  }

  void resume() {
    signal("CONT");
  }

  /** Ends it. */
  public void end() {
    List<ProcessHandle> all =
        Stream.concat(root.descendants(), Stream.of(root.toHandle())).toList();
    resume();
    all.forEach(ProcessHandle::destroy);
    try {
      root.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    all.forEach(ProcessHandle::destroyForcibly);
  }

  private Stream<Long> pids() {
    return Stream.concat(Stream.of(root.toHandle()), root.descendants()).map(ProcessHandle::pid);
  }

  private void signal(String name) {
    List<String> command = new java.util.ArrayList<>(List.of("kill", "-" + name));
    pids().map(pid -> Long.toString(pid)).forEach(command::add);
    try {
      new ProcessBuilder(command).start().waitFor();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static double cpuSeconds(long pid) {
    String stat = read(pid, "stat");
    String[] fields = stat.substring(stat.lastIndexOf(')') + 1).trim().split(" ");
    double ticks = 0;
    for (int i = STAT_USER_TIME; i <= STAT_CHILDRENS_SYSTEM_TIME && fields.length > i; i++) {
      ticks += Long.parseLong(fields[i - STAT_AFTER_NAME]);
    }
    return ticks / TICKS;
  }

  private static double rssMib(long pid) {
    return read(pid, "status")
        .lines()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024.0)
        .sum();
  }

  /** Empty where the process has ended. */
  private static String read(long pid, String file) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(pid), file));
    } catch (IOException e) {
      return "";
    }
  }
}
