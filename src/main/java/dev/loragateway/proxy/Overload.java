package dev.loragateway.proxy;

import dev.loragateway.proxy.ProxySettings.Limits;
import dev.loragateway.registry.QueueSettings;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How near the gateway is to the end of what it has, and whom it refuses so that it does not get
 * there: first the class of requests with the smallest head start, at the end everybody.
 * Thread-safe; {@link #sample} is called by one thread.
 */
public final class Overload {
  /** What can come to its end. */
  public enum Resource {
    HEAP("heap", "memory (limits.memory)"),
    DIRECT("direct", "memory for buffers (limits.memory)"),
    REQUESTS("requests", "requests at once (limits.requests)"),
    BUFFERED("buffered", "request bodies (limits.buffered)");

    private final String label;
    private final String text;

    Resource(String label, String text) {
      this.label = label;
      this.text = text;
    }

    /** Its name in metrics. */
    public String label() {
      return label;
    }
  }

  private static final Resource[] RESOURCES = Resource.values();

  private final MemoryWatch memory = new MemoryWatch();
  private final Supplier<ProxySettings> settings;
  private final AtomicInteger active;
  private final BufferBudget buffers;

  Overload(Supplier<ProxySettings> settings, AtomicInteger active, BufferBudget buffers) {
    this.settings = settings;
    this.active = active;
    this.buffers = buffers;
  }

  /** Looks at the memory anew; call it a few times a second. */
  public void sample() {
    memory.sample(settings.get().limits().memory());
  }

  /** How much of a resource is in use; 1 = all that the limits allow. */
  public double pressure(Resource resource) {
    return pressure(resource, settings.get().limits(), 0, 0);
  }

  private double pressure(Resource resource, Limits limits, int ownRequests, long ownBytes) {
    return switch (resource) {
      case HEAP -> memory.heap() / limits.memory();
      case DIRECT -> memory.direct() / limits.memory();
      case REQUESTS -> (double) (active.get() - ownRequests) / limits.requests();
      case BUFFERED -> (double) (buffers.held() - ownBytes) / limits.buffered();
    };
  }

  /** Why no request can be served whatever its class, or null; asked by a request. */
  @Nullable Rejection refusesAll() {
    return refuses(settings.get().limits(), 1, 0);
  }

  /**
   * Why a request is refused now, or null.
   *
   * @param priority its class, one of {@code classes}
   * @param ownBytes of its body, which the gateway holds
   */
  @Nullable Rejection refuses(String priority, QueueSettings classes, long ownBytes) {
    Limits limits = settings.get().limits();
    double from = limits.shedFrom();
    return refuses(limits, from, ownBytes) == null
        ? null
        : refuses(limits, from + (1 - from) * classes.rank(priority), ownBytes);
  }

  private @Nullable Rejection refuses(Limits limits, double from, long ownBytes) {
    for (Resource resource : RESOURCES) {
      if (pressure(resource, limits, 1, ownBytes) >= from) {
        return Rejection.overloaded(resource.text);
      }
    }
    return null;
  }
}
