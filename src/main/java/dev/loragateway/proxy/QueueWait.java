package dev.loragateway.proxy;

import dev.loragateway.access.Caller;
import dev.loragateway.registry.QueueSettings;
import dev.loragateway.routing.AdmissionRequest;
import dev.loragateway.routing.Pick;
import dev.loragateway.routing.PickRequest;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How an exchange waits for a place: on what terms, until when, and for how long it has. Confined
 * to the downstream event loop, but for {@link #admitted}.
 */
final class QueueWait {
  /** Longest wait that a client may ask for, as {@code timeouts.total} is bounded, in ms. */
  private static final long MAX_TIMEOUT_MILLIS = Duration.ofHours(1).toMillis();

  private final ProxyContext context;
  private final EventLoop loop;
  private final Consumer<Pick> over;
  private Pick.@Nullable Queued place;
  private @Nullable Future<?> deadline;
  private String priority = QueueSettings.STANDARD;
  private long timeout;
  private long began;
  private long waited;
  private boolean waitedOnce;
  private boolean ended;

  /** Calls {@code over} on the loop with what the wait led to, unless it was ended before. */
  QueueWait(ProxyContext context, EventLoop loop, Consumer<Pick> over) {
    this.context = context;
    this.loop = loop;
    this.over = over;
  }

  /** Reads the terms of the wait; says what is wrong with them, or null when nothing is. */
  @Nullable String read(ClientRequest request, String model, QueueSettings settings) {
    HttpHeaders headers = request.head().headers();
    String own = headers.get(HeaderRules.TIMEOUT);
    long millis = own == null ? settings.timeout().toMillis() : millis(own);
    if (millis < 0) {
      return "`x-gateway-timeout-ms` is not a number of milliseconds (expected: 0 to "
          + MAX_TIMEOUT_MILLIS
          + ")";
    }
    timeout = Math.max(0, TimeUnit.MILLISECONDS.toNanos(millis) - waited);
    Caller caller = request.caller();
    String wanted = caller == null ? headers.get(HeaderRules.PRIORITY) : caller.priority();
    if (caller != null && wanted != null && !settings.priorities().containsKey(wanted)) {
      wanted = null;
    }
    if (wanted != null && !settings.priorities().containsKey(wanted)) {
      return "`x-gateway-priority` names no priority class (expected one of: "
          + String.join(", ", settings.priorities().keySet().stream().sorted().toList())
          + ")";
    }
    priority = wanted != null ? wanted : settings.priority(model);
    return null;
  }

  private static long millis(String text) {
    if (text.isEmpty() || text.length() > 9 || !text.chars().allMatch(Character::isDigit)) {
      return -1;
    }
    long millis = Long.parseLong(text);
    return millis <= MAX_TIMEOUT_MILLIS ? millis : -1;
  }

  /** The priority class read last. */
  String priority() {
    return priority;
  }

  /** The request on the terms read last. */
  AdmissionRequest request(PickRequest pick, long bytes) {
    return new AdmissionRequest(pick, priority, bytes, timeout, this::admitted);
  }

  /** The request waits from now on, on the terms read last. */
  void begin(Pick.Queued queued) {
    place = queued;
    began = System.nanoTime();
    waitedOnce = true;
    deadline =
        loop.schedule(
            () -> {
              if (queued.leave()) {
                take(new Pick.TooLate(queued.expected()));
              }
            },
            timeout,
            TimeUnit.NANOSECONDS);
  }

  private void admitted(Pick pick) {
    try {
      loop.execute(() -> take(pick));
    } catch (RejectedExecutionException e) {
      giveBack(pick);
    }
  }

  private void take(Pick pick) {
    if (ended) {
      giveBack(pick);
      return;
    }
    stop();
    over.accept(pick);
  }

  /** A place that nobody is left to use. */
  private void giveBack(Pick pick) {
    if (pick instanceof Pick.Chosen chosen) {
      chosen.dispatch().refused();
      context.admission.freed(chosen.dispatch().state().endpoint().pool());
    }
  }

  private void stop() {
    if (deadline != null) {
      deadline.cancel(false);
      deadline = null;
    }
    if (place != null) {
      waited += System.nanoTime() - began;
      place = null;
    }
  }

  /** The exchange is over: gives up the place in the queue, and one that is on its way. */
  void end() {
    ended = true;
    if (place != null) {
      place.leave();
    }
    stop();
  }

  /** Returns whether the request ever waited. */
  boolean waited() {
    return waitedOnce;
  }

  /** How long the request waited, in nanoseconds. */
  long nanos() {
    return waited;
  }
}
