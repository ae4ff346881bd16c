package dev.loragateway.adapters;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the files of all adapters, over and over, so that changed ones are noticed. {@link #run}
 * is confined to a thread, which blocks on files; {@link #at} is thread-safe.
 */
final class ContentLook {
  private static final Logger log = LoggerFactory.getLogger(ContentLook.class);

  private final Function<AdapterSpec, Content> contents;
  private final BiConsumer<AdapterSpec, Content> found;
  private final Semaphore bell = new Semaphore(0);
  private volatile List<AdapterSpec> specs = List.of();

  ContentLook(Function<AdapterSpec, Content> contents, BiConsumer<AdapterSpec, Content> found) {
    this.contents = contents;
    this.found = found;
  }

  /** Looks at these from now on, and at once. */
  void at(List<AdapterSpec> next) {
    specs = next;
    bell.release();
  }

  /** Looks until the thread is interrupted. */
  void run(Supplier<Duration> interval) {
    try {
      while (true) {
        boolean unsettled = false;
        for (AdapterSpec spec : specs) {
          unsettled |= look(spec) instanceof Content.Unsettled;
        }
        long pause = interval.get().toNanos();
        long soon = Math.min(pause, Duration.ofSeconds(1).toNanos());
        if (bell.tryAcquire(unsettled ? soon : pause, TimeUnit.NANOSECONDS)) {
          bell.drainPermits();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Content look(AdapterSpec spec) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    Content content;
    try {
      content = contents.apply(spec);
    } catch (RuntimeException e) {
      log.error("the files of {} were not looked at", spec.name(), e);
      content = new Content.Unsettled(e.toString());
    }
    found.accept(spec, content);
    return content;
  }
}
