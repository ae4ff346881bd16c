package dev.loragateway.adapters;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the files of an adapter are. Immutable; {@link #toString} hides the credentials, also those
 * in the URL.
 *
 * @param url {@code file:///…} or an absolute path as the engine sees it, or {@code http(s)://},
 *     {@code s3://} or {@code hf://}, which need a runtime beside the engine
 * @param sha256 of the files, in hexadecimal digits, as the runtime checks it; null = not checked
 * @param credentials sent to the runtime with the request to load
 * @param local where the gateway sees the files; null = it does not
 */
public record AdapterSource(
    String url, @Nullable String sha256, Map<String, String> credentials, @Nullable Path local) {
  private static final String FILE = "file://";

  public AdapterSource {
    credentials = Map.copyOf(credentials);
  }

  /** A source that the gateway does not see, and that needs neither. */
  public AdapterSource(String url) {
    this(url, null, Map.of(), null);
  }

  /** A directory that the gateway and the engines see under the same path. */
  public static AdapterSource directory(Path path) {
    return new AdapterSource(FILE + path.toAbsolutePath(), null, Map.of(), path);
  }

  /** The path of a directory of files, or null when they have to be fetched. */
  public @Nullable String path() {
    if (url.startsWith(FILE)) {
      return url.substring(FILE.length());
    }
    return url.startsWith("/") ? url : null;
  }

  @Override
  public String toString() {
    String shown = url.replaceFirst("//[^/]*@", "//***@");
    return path() == null ? shown.replaceFirst("\\?.*$", "?***") : shown;
  }
}
