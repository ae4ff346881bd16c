package dev.loragateway.config;

import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs an action on each SIGHUP until it is closed, then puts the former handler back. Does nothing
 * where there is no such signal. Thread-safe.
 *
 * <p>{@code sun.misc.Signal} is the JDK's only way to a signal. The module {@code jdk.unsupported}
 * exports it, but javac warns of it in a manner that no annotation suppresses: hence the
 * reflection.
 */
final class HangupSignal implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HangupSignal.class);

  private final @Nullable Object former;

  private HangupSignal(@Nullable Object former) {
    this.former = former;
  }

  static HangupSignal start(Runnable action) {
    try {
      Object handler =
          Proxy.newProxyInstance(
              HangupSignal.class.getClassLoader(),
              new Class<?>[] {Class.forName("sun.misc.SignalHandler")},
              (proxy, method, arguments) -> {
                action.run();
                return null;
              });
      Object former = install(handler);
      if (former.equals(Class.forName("sun.misc.SignalHandler").getField("SIG_IGN").get(null))) {
        log.info("SIGHUP is ignored, as whoever started the process asked (nohup does)");
        return new HangupSignal(null);
      }
      return new HangupSignal(former);
    } catch (ReflectiveOperationException e) {
      log.info("SIGHUP cannot be handled here: {}", e.toString());
      return new HangupSignal(null);
    }
  }

  /**
   * Returns whether the signal calls the action; the JVM leaves one alone that was ignored at its
   * start.
   */
  boolean handled() {
    return former != null;
  }

  @Override
  public void close() {
    if (former == null) {
      return;
    }
    try {
      install(former);
    } catch (ReflectiveOperationException e) {
      log.warn("The former handler of SIGHUP could not be put back", e);
    }
  }

  /** Puts a handler in force and returns the former one. */
  private static Object install(Object handler) throws ReflectiveOperationException {
    Class<?> signal = Class.forName("sun.misc.Signal");
    Class<?> type = Class.forName("sun.misc.SignalHandler");
    Object hangup = signal.getConstructor(String.class).newInstance("HUP");
    return signal.getMethod("handle", signal, type).invoke(null, hangup, handler);
  }
}
