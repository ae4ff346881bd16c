package dev.loragateway.runtime;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the sidecar is made of, and how it is wired. Thread-safe. */
record Parts(
    CallerAccess access,
    AdapterLoads loads,
    EngineClient engine,
    ArtifactStore store,
    Fetchers fetchers,
    Fetches fetches,
    StateJson page,
    Names names,
    InstantSource clock)
    implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Parts.class);

  static Parts open(RuntimeSettings settings, InstantSource clock, Staging.Opener opener)
      throws IOException {
    CallerAccess access = CallerAccess.of(settings);
    EngineClient engine =
        new EngineClient(settings.engine(), settings.engineUrl(), settings.engineKey());
    Names names = new Names(engine, settings.engineDirectory());
    ArtifactStore store =
        ArtifactStore.open(settings.directory(), settings.maxTotal(), names, clock, opener);
    SourceIndex index = SourceIndex.open(store.volume());
    Fetchers fetchers = new Fetchers(settings);
    Fetches fetches = new Fetches(store, index, fetchers);
    CredentialFiles credentials =
        new CredentialFiles(settings.credentialsDirectory(), settings.environment());
    AdapterLoads loads = new AdapterLoads(fetches, credentials, settings.limits(), names, engine);
    StateJson page = new StateJson(store, index, fetches, names);
    return new Parts(access, loads, engine, store, fetchers, fetches, page, names, clock);
  }

  /** The state, with the names that the engine has now, if it answers. */
  ObjectNode state() {
    try {
      names.loaded();
    } catch (IOException e) {
      log.debug("the names are those seen last", e);
    }
    return page.render(clock.millis());
  }

  /** Why nothing could be loaded now; null = it could. */
  @Nullable String notReady() {
    if (!store.volume().writable()) {
      return "the volume cannot be written";
    }
    return engine.healthy() ? null : "the engine does not answer /health";
  }

  @Override
  public void close() {
    fetchers.close();
    fetches.close();
    engine.close();
    try {
      store.close();
    } catch (IOException e) {
      log.warn("the volume cannot be released", e);
    }
  }
}
