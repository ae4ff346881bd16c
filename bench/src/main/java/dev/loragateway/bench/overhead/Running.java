package dev.loragateway.bench.overhead;

import java.util.Collection;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What is to end at the latest with this program, however that ends. Thread-safe. */
public final class Running {
  private static final Collection<ProcessTree> STARTED = new ConcurrentLinkedQueue<>();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(Running::endAll, "end of what was started"));
  }

  private Running() {}

  public static void endWithThisProgram(ProcessTree started) {
    STARTED.removeIf(tree -> !tree.root().isAlive());
    STARTED.add(started);
  }

  private static void endAll() {
    STARTED.stream().filter(tree -> tree.root().isAlive()).forEach(ProcessTree::end);
  }
}
