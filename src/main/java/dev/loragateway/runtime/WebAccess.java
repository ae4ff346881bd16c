package dev.loragateway.runtime;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/** How web servers are told who asks. Stateless. */
final class WebAccess {
  private WebAccess() {}

  /** The user and password of the URL, else the token that is meant for its server. */
  static @Nullable String authorization(URI url, Credentials credentials) {
    String basic = WebUrl.basic(url);
    if (basic != null) {
      return basic;
    }
    String bearer = credentials.bearer(url.getHost());
    return bearer == null ? null : "Bearer " + bearer;
  }
}
