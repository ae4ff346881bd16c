package dev.loragateway.adapters;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the files of an adapter are. Immutable; {@link #toString} hides the credentials.
 *
 * @param url {@code file:///…} or an absolute path as the engine sees it, or {@code http(s)://},
 *     {@code s3://} or {@code hf://}, which need a runtime beside the engine
 * @param sha256 of the files, in hexadecimal digits, as the runtime checks it; null = not checked
 * @param credentials sent to the runtime with the request to load
 */
public record AdapterSource(String url, @Nullable String sha256, Map<String, String> credentials) {
  private static final String FILE = "file://";

  public AdapterSource {
    credentials = Map.copyOf(credentials);
  }

  /** A source that needs neither. */
  public AdapterSource(String url) {
    this(url, null, Map.of());
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
    return url.replaceFirst("//[^/@]*@", "//***@");
  }
}
