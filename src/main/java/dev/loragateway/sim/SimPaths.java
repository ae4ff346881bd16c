package dev.loragateway.sim;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The paths that adapters can be loaded from: those whose last segment, or the whole, is the name
 * of an adapter in the settings, and {@code sim://NAME?bytes=500MB} for any name. Immutable.
 */
final class SimPaths {
  /** No adapter lies at the path. */
  static final long NO_ADAPTER = -1;

  private SimPaths() {}

  /** Size of the adapter at a path, or {@link #NO_ADAPTER}. */
  static long bytes(String path, SimSettings settings) {
    if (path.startsWith("sim://")) {
      int query = path.indexOf("?bytes=");
      String name = query < 0 ? path.substring(6) : path.substring(6, query);
      long known = bytesOf(name, settings);
      if (query < 0) {
        return known == NO_ADAPTER ? settings.adapterBytes() : known;
      }
      long bytes = ByteSize.parse(path.substring(query + 7));
      return bytes == ByteSize.INVALID ? NO_ADAPTER : bytes;
    }
    long whole = bytesOf(path, settings);
    long last =
        whole == NO_ADAPTER ? bytesOf(path.substring(path.lastIndexOf('/') + 1), settings) : whole;
    return last == NO_ADAPTER && path.startsWith("/") ? onDisk(Path.of(path)) : last;
  }

  /** Real files are as good as those that only have a name. */
  private static long onDisk(Path directory) {
    Path weights = directory.resolve("adapter_model.safetensors");
    try {
      return Files.exists(directory.resolve("adapter_config.json"))
          ? Files.size(weights)
          : NO_ADAPTER;
    } catch (IOException e) {
      return NO_ADAPTER;
    }
  }

  private static long bytesOf(String name, SimSettings settings) {
    Long bytes = settings.loadable().get(name);
    if (bytes != null) {
      return bytes;
    }
    return settings.adapters().contains(name) ? settings.adapterBytes() : NO_ADAPTER;
  }
}
