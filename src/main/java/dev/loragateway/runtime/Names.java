package dev.loragateway.runtime;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which names use which artifacts: what was loaded here and not given up, and what the engine says
 * that it has, also from before this process. Thread-safe.
 */
final class Names implements ArtifactStore.Users {
  private final EngineClient engine;
  private final String prefix;
  private final Map<String, String> claims = new ConcurrentHashMap<>();
  private volatile Map<String, String> lastSeen = Map.of();

  /**
   * Knows the names of one engine.
   *
   * @param directory of the volume, as the engine sees it
   */
  Names(EngineClient engine, String directory) {
    this.engine = engine;
    prefix = directory.replaceFirst("/+$", "") + "/" + Volume.ARTIFACTS + "/";
  }

  /** Where the engine finds an artifact. */
  String path(String sha256) {
    return prefix + sha256;
  }

  /** The hash of the artifact at a path; null = another path. */
  private @Nullable String artifact(String path) {
    if (!path.startsWith(prefix)) {
      return null;
    }
    String rest = path.substring(prefix.length());
    int slash = rest.indexOf('/');
    return slash < 0 ? rest : rest.substring(0, slash);
  }

  /** The name uses the artifact from now on; what it used before is returned. */
  @Nullable String claim(String name, String sha256) {
    return claims.put(name, sha256);
  }

  /** Sets what a name uses; null = nothing. */
  void restore(String name, @Nullable String sha256) {
    if (sha256 == null) {
      claims.remove(name);
    } else {
      claims.put(name, sha256);
    }
  }

  @Override
  public Set<String> loaded() throws IOException {
    Map<String, String> seen = engine.adapters(null);
    lastSeen = seen;
    return artifacts(seen);
  }

  private Set<String> artifacts(Map<String, String> paths) {
    Set<String> artifacts = new HashSet<>();
    for (String path : paths.values()) {
      String artifact = artifact(path);
      if (artifact != null) {
        artifacts.add(artifact);
      }
    }
    return artifacts;
  }

  @Override
  public Set<String> claimed() {
    return Set.copyOf(claims.values());
  }

  /** The names that use an artifact, as last seen. */
  List<String> users(String sha256) {
    Set<String> users = new TreeSet<>();
    lastSeen.forEach(
        (name, path) -> {
          if (sha256.equals(artifact(path))) {
            users.add(name);
          }
        });
    claims.forEach(
        (name, artifact) -> {
          if (sha256.equals(artifact)) {
            users.add(name);
          }
        });
    return List.copyOf(users);
  }
}
