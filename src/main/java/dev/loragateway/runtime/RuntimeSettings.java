package dev.loragateway.runtime;

import dev.loragateway.adapters.EngineKind;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the sidecar runs. Immutable.
 *
 * @param listen where callers connect
 * @param open whether other machines may call without a key
 * @param apiKey file with what callers have to send; null = none
 * @param engine whose API {@code engineUrl} speaks
 * @param engineUrl where the engine answers
 * @param engineKey file with what the engine wants to be sent; null = nothing
 * @param directory the volume that the engine sees, too
 * @param engineDirectory the same volume as the engine sees it
 * @param maxTotal bytes on the volume; {@link Long#MAX_VALUE} = what fits there
 * @param allowedFiles directories below which {@code file://} may read
 * @param credentialsDirectory a file for each credential; null = none
 * @param environment of the process, of which some variables are credentials
 */
public record RuntimeSettings(
    InetSocketAddress listen,
    boolean open,
    @Nullable Path apiKey,
    EngineKind engine,
    URI engineUrl,
    @Nullable Path engineKey,
    Path directory,
    String engineDirectory,
    long maxTotal,
    FetchLimits limits,
    List<Path> allowedFiles,
    @Nullable Path credentialsDirectory,
    Map<String, String> environment) {
  public RuntimeSettings {
    allowedFiles = List.copyOf(allowedFiles);
    environment = Map.copyOf(environment);
  }

  /** The environment may have secrets in it. */
  @Override
  public String toString() {
    return "RuntimeSettings[" + listen + ", " + engine + " at " + engineUrl + "]";
  }
}
