package dev.loragateway.adapters;

import dev.loragateway.adapters.CallResult.Failed;
import dev.loragateway.model.Endpoint;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps the calls of the control plane from engines that sleep, and engines from falling asleep
 * during such a call: an adapter that is loaded into a sleeping engine goes to memory that the
 * engine has given back. Thread-safe.
 */
public final class AwakeServers implements ModelServers {
  private static final int CLOSED = -1;

  private final ModelServers servers;

  /** Calls under way by address, or {@link #CLOSED}; no entry = none. */
  private final ConcurrentHashMap<String, Integer> calls = new ConcurrentHashMap<>();

  private interface Call {
    CallResult make() throws InterruptedException;
  }

  /** Passes on the calls to engines that are awake. */
  public AwakeServers(ModelServers servers) {
    this.servers = servers;
  }

  /** Lets no call begin there any more; returns false when one is under way, or none may begin. */
  boolean close(Endpoint at) {
    return calls.putIfAbsent(at.address(), CLOSED) == null;
  }

  /** Lets calls begin there again. */
  void open(Endpoint at) {
    calls.remove(at.address(), CLOSED);
  }

  private CallResult whileAwake(Endpoint at, Call call) throws InterruptedException {
    int now = calls.merge(at.address(), 1, (n, one) -> n == CLOSED ? CLOSED : n + one);
    if (now == CLOSED) {
      return new Failed("its engine sleeps", true);
    }
    try {
      return call.make();
    } finally {
      calls.compute(at.address(), (address, n) -> n == null || n <= 1 ? null : n - 1);
    }
  }

  @Override
  public CallResult load(Endpoint at, String name, AdapterSource source)
      throws InterruptedException {
    return whileAwake(at, () -> servers.load(at, name, source));
  }

  @Override
  public String engine(Endpoint at) {
    return servers.engine(at);
  }

  @Override
  public CallResult verify(Endpoint at, String name) throws InterruptedException {
    return whileAwake(at, () -> servers.verify(at, name));
  }

  @Override
  public CallResult unload(Endpoint at, String name) throws InterruptedException {
    return whileAwake(at, () -> servers.unload(at, name));
  }
}
