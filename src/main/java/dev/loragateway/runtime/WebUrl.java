package dev.loragateway.runtime;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What is to be known of URLs of the web. Stateless. */
final class WebUrl {
  private WebUrl() {}

  /** Without what may be secret: user, password and query. */
  static String shown(URI url) {
    String user = url.getRawUserInfo() == null ? "" : "***@";
    String port = url.getPort() < 0 ? "" : ":" + url.getPort();
    String query = url.getRawQuery() == null ? "" : "?***";
    return url.getScheme() + "://" + user + url.getHost() + port + url.getRawPath() + query;
  }

  /** Without user, password and fragment. */
  static URI plain(URI url) {
    if (url.getRawUserInfo() == null && url.getRawFragment() == null) {
      return url;
    }
    String port = url.getPort() < 0 ? "" : ":" + url.getPort();
    String query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
    return URI.create(url.getScheme() + "://" + url.getHost() + port + url.getRawPath() + query);
  }

  /** The user and password as a value of {@code Authorization}. */
  static @Nullable String basic(URI url) {
    String user = url.getUserInfo();
    return user == null
        ? null
        : "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8));
  }

  /** Whether both are of one server, to which the same secrets may be sent. */
  static boolean sameOrigin(URI a, URI b) {
    return scheme(a).equals(scheme(b))
        && a.getHost().equalsIgnoreCase(b.getHost())
        && port(a) == port(b);
  }

  static String scheme(URI url) {
    return url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
  }

  private static int port(URI url) {
    return url.getPort() >= 0 ? url.getPort() : scheme(url).equals("https") ? 443 : 80;
  }

  /** A file in a directory of the web, whose query stays. */
  static URI child(URI directory, String name) {
    try {
      String query = directory.getRawQuery() == null ? "" : "?" + directory.getRawQuery();
      String port = directory.getPort() < 0 ? "" : ":" + directory.getPort();
      String user = directory.getRawUserInfo() == null ? "" : directory.getRawUserInfo() + "@";
      return new URI(
          directory.getScheme()
              + "://"
              + user
              + directory.getHost()
              + port
              + directory.getRawPath()
              + name
              + query);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("a name that is none of a file", e);
    }
  }
}
