package dev.loragateway.config;

import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a listener when the configuration file changes, also by renaming or by the swap of a link
 * (Kubernetes), and on SIGHUP. A change is one of meaning: an edited comment is none. The listener
 * is called by one thread at a time, and never after {@link #close}. Thread-safe.
 */
public final class ConfigWatcher implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ConfigWatcher.class);
  private static final Duration POLL = Duration.ofSeconds(10);

  /** Hears of changes. */
  public interface Listener {

    /** A new configuration is valid and shall be in force from now on. */
    void reloaded(GatewayConfig config, List<String> warnings);

    /** The file is not valid: the configuration in force stays so. */
    void rejected(List<ConfigError> errors);
  }

  private final Path file;
  private final Map<String, String> env;
  private final GatewayConfig started;
  private final Listener listener;
  private final DirectoryWatch directory;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable HangupSignal hangup;
  private GatewayConfig inForce;
  private List<ConfigError> rejected = List.of();
  private boolean closed;

  private ConfigWatcher(
      Path file, Map<String, String> env, GatewayConfig started, Listener listener, Duration poll) {
    this.file = file;
    this.env = Map.copyOf(env);
    this.started = started;
    this.inForce = started;
    this.listener = listener;
    this.directory = DirectoryWatch.of(ConfigLoader.directory(file));
    this.thread = Thread.ofVirtual().name("config-watcher").unstarted(() -> watch(poll));
  }

  /**
   * Begins to watch.
   *
   * @param started the configuration that the gateway started with; a file that differs from it
   *     already is a change
   */
  public static ConfigWatcher start(
      Path file, Map<String, String> env, GatewayConfig started, Listener listener) {
    return start(file, env, started, listener, POLL);
  }

  /**
   * Begins to watch.
   *
   * @param poll how often the file is read though nothing told of a change
   */
  static ConfigWatcher start(
      Path file, Map<String, String> env, GatewayConfig started, Listener listener, Duration poll) {
    ConfigWatcher watcher = new ConfigWatcher(file, env, started, listener, poll);
    watcher.hangup = HangupSignal.start(watcher::reload);
    watcher.thread.start();
    return watcher;
  }

  /** Reads the file and reports it if it changed. */
  void refresh() {
    check(false);
  }

  /** Reads the file and reports it even if it did not change, as SIGHUP asks for. */
  void reload() {
    check(true);
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      if (hangup != null) {
        hangup.close();
        hangup = null;
      }
    } finally {
      lock.unlock();
    }
    directory.close();
    thread.interrupt();
  }

  private void watch(Duration poll) {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        refresh();
        directory.await(poll);
      }
    } catch (InterruptedException | ClosedWatchServiceException e) {
      log.debug("{} is no longer watched", file);
    }
  }

  private void check(boolean asked) {
    lock.lock();
    try {
      if (!closed) {
        report(ConfigLoader.load(file, env), asked);
      }
    } catch (RuntimeException e) {
      log.error("{} could not be applied", file, e);
    } finally {
      lock.unlock();
    }
  }

  private void report(ConfigResult result, boolean asked) {
    switch (result) {
      case ConfigResult.Valid(GatewayConfig config, List<String> warnings) -> {
        if (asked || !rejected.isEmpty() || !config.equals(inForce)) {
          rejected = List.of();
          inForce = config;
          listener.reloaded(config, withRestarts(config, warnings));
        }
      }
      case ConfigResult.Invalid(List<ConfigError> errors) -> {
        if (asked || !errors.equals(rejected)) {
          rejected = errors;
          listener.rejected(errors);
        }
      }
    }
  }

  private List<String> withRestarts(GatewayConfig config, List<String> warnings) {
    List<String> all = new ArrayList<>(warnings);
    all.addAll(started.needsRestart(config));
    return List.copyOf(all);
  }
}
