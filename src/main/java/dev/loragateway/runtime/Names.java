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
  /** What one load has claimed. Thread-safe. */
  static final class Claim {
    private final String sha256;

    /** Whether the engine has said that it has it. */
    private volatile boolean confirmed;

    /** Whether it stays when the engine has lost it. */
    private volatile boolean kept;

    private Claim(String sha256) {
      this.sha256 = sha256;
    }

    void confirm() {
      confirmed = true;
    }
  }

  private final EngineClient engine;
  private final String prefix;
  private final Map<String, Claim> claims = new ConcurrentHashMap<>();
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

  /** The name uses the artifact from now on, whatever it used before. */
  Claim claim(String name, String sha256) {
    Claim claim = new Claim(sha256);
    claims.put(name, claim);
    return claim;
  }

  /** What the name uses; null = nothing that was loaded here. */
  @Nullable Claim claimOf(String name) {
    return claims.get(name);
  }

  /** Gives up a claim, and has the name use what it used before; null = nothing. */
  void restore(String name, @Nullable Claim before) {
    if (before == null) {
      claims.remove(name);
    } else {
      claims.put(name, before);
    }
  }

  /** The name is unloaded, and the artifact should stay all the same. */
  void keep(String name) {
    Claim claim = claims.get(name);
    if (claim != null) {
      claim.kept = true;
    }
  }

  /** A name that the engine had and has no more, as after its restart, uses nothing. */
  @Override
  public Set<String> loaded() throws IOException {
    Map<String, Claim> before = Map.copyOf(claims);
    Map<String, String> seen = engine.paths(null);
    before.forEach(
        (name, claim) -> {
          if (claim.confirmed && !claim.kept && !seen.containsKey(name)) {
            claims.remove(name, claim);
          }
        });
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
    Set<String> artifacts = new HashSet<>();
    claims.values().forEach(claim -> artifacts.add(claim.sha256));
    return artifacts;
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
        (name, claim) -> {
          if (sha256.equals(claim.sha256)) {
            users.add(name);
          }
        });
    return List.copyOf(users);
  }
}
