package dev.loragateway.runtime;

import dev.loragateway.adapters.Printable;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads and unloads adapters: an artifact is brought to the volume, looked at, claimed for the name
 * and loaded into the engine, in this order. Blocks. Thread-safe.
 */
final class AdapterLoads {
  /** A load under way, which an unload of the same name ends. */
  private static final class Attempt {
    final String name;
    volatile boolean unloaded;

    Attempt(String name) {
      this.name = name;
    }
  }

  private static final Logger log = LoggerFactory.getLogger(AdapterLoads.class);
  private static final int LOCKS = 64;

  private final Fetches fetches;
  private final CredentialFiles credentials;
  private final FetchLimits limits;
  private final Names names;
  private final EngineClient engine;
  private final Set<Attempt> attempts = ConcurrentHashMap.newKeySet();
  private final ReentrantLock[] locks = new ReentrantLock[LOCKS];

  AdapterLoads(
      Fetches fetches,
      CredentialFiles credentials,
      FetchLimits limits,
      Names names,
      EngineClient engine) {
    this.fetches = fetches;
    this.credentials = credentials;
    this.limits = limits;
    this.names = names;
    this.engine = engine;
    for (int i = 0; i < LOCKS; i++) {
      locks[i] = new ReentrantLock();
    }
  }

  /**
   * Loads an adapter, and returns when the engine has it.
   *
   * @throws ProblemException if it has not
   */
  Loaded load(LoadRequest request) throws ProblemException {
    Order order =
        new Order(
            SourceUrl.parse(request.url()),
            request.sha256(),
            credentials.with(request.credentials()),
            limits.atMost(request.maxBytes()));
    Attempt attempt = new Attempt(request.name());
    attempts.add(attempt);
    try (Lease lease = fetches.get(order)) {
      return load(attempt, lease.artifact(), request.engineKey());
    } finally {
      attempts.remove(attempt);
    }
  }

  private Loaded load(Attempt attempt, Artifact artifact, @Nullable String key)
      throws ProblemException {
    ReentrantLock lock = lock(attempt.name);
    lock.lock();
    try {
      if (attempt.unloaded) {
        throw new ProblemException(
            Problem.UNLOADED_MEANWHILE,
            attempt.name + " was unloaded while its artifact was fetched");
      }
      String path = names.path(artifact.sha256());
      Names.Claim before = names.claimOf(attempt.name);
      Names.Claim claim = names.claim(attempt.name, artifact.sha256());
      try {
        if (!engine.load(attempt.name, path, key)) {
          expectPath(attempt.name, path, key);
        }
      } catch (ProblemException | RuntimeException e) {
        restore(attempt.name, before, e);
        throw e;
      }
      claim.confirm();
      log.info("adapter {} is loaded from {}", attempt.name, path);
      return new Loaded(attempt.name, path, artifact);
    } finally {
      lock.unlock();
    }
  }

  /** After a time-out the engine may have it all the same, so that the claim stays. */
  private void restore(String name, Names.@Nullable Claim before, Exception e) {
    if (!(e instanceof ProblemException p && p.problem() == Problem.ENGINE_TIMEOUT)) {
      names.restore(name, before);
    }
  }

  /** The engine says that it has the name: it should be the same artifact. */
  private void expectPath(String name, String path, @Nullable String key) throws ProblemException {
    Map<String, String> paths = engine.paths(key);
    String actual = paths.getOrDefault(name, "").replaceFirst("/+$", "");
    if (!actual.isEmpty() && !actual.equals(path)) {
      throw new ProblemException(
          Problem.NAME_IN_USE,
          "the engine has %s from %s (expected: %s; unload it first, or load under another name)"
              .formatted(name, Printable.of(actual), path));
    }
  }

  /**
   * Has the engine forget an adapter, and ends loads of it that are under way.
   *
   * @param giveUp whether its artifact may be deleted when room is needed
   * @throws ProblemException if the engine may still have it
   */
  void unload(String name, boolean giveUp, @Nullable String key) throws ProblemException {
    attempts.stream().filter(a -> a.name.equals(name)).forEach(a -> a.unloaded = true);
    ReentrantLock lock = lock(name);
    lock.lock();
    try {
      engine.unload(name, key);
      if (giveUp) {
        names.restore(name, null);
      } else {
        names.keep(name);
      }
    } finally {
      lock.unlock();
    }
    log.info("adapter {} is unloaded", name);
  }

  private ReentrantLock lock(String name) {
    return locks[Math.floorMod(name.hashCode(), LOCKS)];
  }
}
