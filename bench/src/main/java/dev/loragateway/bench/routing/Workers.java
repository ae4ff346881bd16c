package dev.loragateway.bench.routing;

import dev.loragateway.bench.Progress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Does many independent things on all cores, the longest first. Confined to one thread. */
final class Workers {
  private record Job(double weight, Runnable work) {}

  private final List<Job> jobs = new ArrayList<>();

  /** Adds something to do that takes about {@code weight}, in any unit. */
  void add(double weight, Runnable work) {
    jobs.add(new Job(weight, work));
  }

  /** Does everything; fails when anything failed. */
  void run(int threads) {
    jobs.sort(Comparator.comparingDouble(Job::weight).reversed());
    Progress progress = new Progress(jobs.stream().mapToDouble(Job::weight).sum());
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> running = new ArrayList<>();
      for (Job job : jobs) {
        running.add(
            pool.submit(
                () -> {
                  job.work().run();
                  progress.add(job.weight());
                }));
      }
      for (Future<?> each : running) {
        each.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
    jobs.clear();
  }
}
