package dev.loragateway.adapters;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the configuration says about adapters. Immutable.
 *
 * @param directory that is looked through for adapters; null = none
 * @param list of adapters that the configuration names
 * @param file that keeps what is added through the admin API; null = nothing can be added
 * @param cluster custom resources that declare adapters; null = none
 * @param placement which endpoints get which
 * @param loading how they are loaded and taken away
 * @param demand how many endpoints get one whose number is automatic
 */
public record AdapterSettings(
    @Nullable Directory directory,
    List<AdapterSpec> list,
    @Nullable Path file,
    @Nullable Cluster cluster,
    PlacementSettings placement,
    Loading loading,
    Demand demand) {
  /** Nothing is declared, so that nothing is loaded. */
  public static final AdapterSettings NONE =
      new AdapterSettings(
          null,
          List.of(),
          null,
          null,
          PlacementSettings.DEFAULT,
          Loading.DEFAULTS,
          Demand.DEFAULTS);

  /** Between two looks at the files of adapters, where there is no directory that says. */
  static final Duration LOOK = Duration.ofSeconds(10);

  public AdapterSettings {
    list = List.copyOf(list);
  }

  /** Whether anything may declare adapters. */
  public boolean declares() {
    return directory != null || !list.isEmpty() || file != null || cluster != null;
  }

  /**
   * A directory of adapters. Immutable.
   *
   * @param path where the gateway sees it
   * @param enginePath where the engines see it
   * @param interval between two looks
   * @param baseModel of its adapters; empty = the one that the files of each name
   * @param replicas of each
   */
  public record Directory(
      Path path, String enginePath, Duration interval, String baseModel, Replicas replicas) {}

  /**
   * Custom resources. Immutable.
   *
   * @param namespaces where they are looked for; empty = the gateway's own
   * @param aibrix whether AIBrix's {@code ModelAdapter} objects count, too
   * @param services whether each adapter gets a headless Service with the endpoints that have it
   */
  public record Cluster(Set<String> namespaces, boolean aibrix, boolean services) {
    public Cluster {
      namespaces = Set.copyOf(namespaces);
    }
  }

  /**
   * How adapters are loaded and taken away. Immutable.
   *
   * @param parallel loads under way at one endpoint, from 1
   * @param perSecond loads that are begun at one endpoint that has requests, per second, from 1
   * @param timeout of a call to load, and of the first token
   * @param drain how long what was begun may go on before an adapter is taken away
   * @param runtimePort of the runtime beside each engine; 0 = there is none
   * @param runtimeApiKey what the runtimes want to be sent; null = nothing
   */
  public record Loading(
      int parallel,
      int perSecond,
      Duration timeout,
      Duration drain,
      int runtimePort,
      @Nullable String runtimeApiKey) {
    public static final Loading DEFAULTS =
        new Loading(2, 10, Duration.ofSeconds(30), Duration.ofSeconds(30), 0);

    /** Runtimes want no key. */
    public Loading(int parallel, int perSecond, Duration timeout, Duration drain, int runtimePort) {
      this(parallel, perSecond, timeout, drain, runtimePort, null);
    }

    /** The key is a secret. */
    @Override
    public String toString() {
      return "Loading[%d, %d, %s, %s, %d]"
          .formatted(parallel, perSecond, timeout, drain, runtimePort);
    }
  }

  /**
   * How many endpoints get an adapter whose number is automatic. Immutable.
   *
   * @param perReplica requests at once on average that one endpoint serves, above 0
   * @param shrinkAfter how long fewer have to be enough before there are fewer
   * @param idle without a request for so long, one that may have none has none
   */
  public record Demand(double perReplica, Duration shrinkAfter, Duration idle) {
    public static final Demand DEFAULTS =
        new Demand(16, Duration.ofMinutes(5), Duration.ofMinutes(30));
  }
}
