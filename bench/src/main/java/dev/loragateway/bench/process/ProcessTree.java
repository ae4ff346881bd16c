package dev.loragateway.bench.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A program that was started, and what it started. Thread-safe. */
public record ProcessTree(Process root) {
  private static final long PATIENCE_SECONDS = 3;

  /** Ticks per second of the times in /proc, which are the same on every Linux. */
  private static final double TICKS = 100;

  private static final int STAT_AFTER_NAME = 3;
  private static final int STAT_USER_TIME = 14;
  private static final int STAT_SYSTEM_TIME = 15;
  private static final int STAT_CHILDRENS_SYSTEM_TIME = 17;

  /** Processor time so far, user's and system's, of all threads, children that ended included. */
  public double cpuSeconds() {
    return pids().mapToDouble(ProcessTree::cpuSeconds).sum();
  }

  /**
   * The same by the names of the threads that live, without their numbers. Names are cut to 15
   * characters by the kernel.
   */
  public Map<String, Double> threadSeconds() {
    Map<String, Double> seconds = new TreeMap<>();
    for (Path task : tasks().toList()) {
      String stat = read(task.resolve("stat"));
      if (!stat.isEmpty()) {
        String name = stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
        seconds.merge(
            name.replaceAll("[-# ]*[0-9]+", ""), seconds(stat, STAT_SYSTEM_TIME), Double::sum);
      }
    }
    return seconds;
  }

  private Stream<Path> tasks() {
    return pids()
        .mapMulti(
            (pid, to) -> {
              String[] names = proc(pid).resolve("task").toFile().list();
              for (String name : names == null ? new String[0] : names) {
                to.accept(proc(pid).resolve("task").resolve(name));
              }
            });
  }

  /** Resident memory. */
  public double rssMib() {
    return pids().mapToDouble(ProcessTree::rssMib).sum();
  }

  /** Open files and sockets. */
  public int descriptors() {
    return pids().mapToInt(ProcessTree::descriptors).sum();
  }

  /** Stops it, so that it does not disturb; it goes on where it was. */
  public void pause() {
    signal("STOP");
  }

  public void resume() {
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
    return seconds(read(proc(pid).resolve("stat")), STAT_CHILDRENS_SYSTEM_TIME);
  }

  /** The sum of the times from the user's time to that field. */
  private static double seconds(String stat, int lastField) {
    String[] fields = stat.substring(stat.lastIndexOf(')') + 1).trim().split(" ");
    double ticks = 0;
    for (int i = STAT_USER_TIME; i <= lastField && fields.length > i; i++) {
      ticks += Long.parseLong(fields[i - STAT_AFTER_NAME]);
    }
    return ticks / TICKS;
  }

  private static double rssMib(long pid) {
    return read(proc(pid).resolve("status"))
        .lines()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024.0)
        .sum();
  }

  private static int descriptors(long pid) {
    String[] open = proc(pid).resolve("fd").toFile().list();
    return open == null ? 0 : open.length;
  }

  private static Path proc(long pid) {
    return Path.of("/proc", Long.toString(pid));
  }

  /** Empty where the process has ended. */
  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }
}
