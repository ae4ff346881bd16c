package dev.loragateway.server;

import com.sun.net.httpserver.Headers;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who may see and change {@code /api/*}: whoever knows the token; without one this machine alone,
 * and not by way of a browser that a page of somebody else has sent here under a name of its own
 * (DNS rebinding). Thread-safe.
 */
final class AdminAccess {
  private static final String BEARER = "bearer ";

  /** How a request is refused. */
  record Refusal(int status, String message) {
    /** Says how to do better. */
    void mark(Headers response) {
      if (status == 401) {
        response.set("WWW-Authenticate", "Bearer");
      }
    }
  }

  private final InetAddress listen;
  private final Supplier<@Nullable String> token;

  /**
   * Guards one listener.
   *
   * @param listen where it listens
   * @param token the one of the moment; null = none
   */
  AdminAccess(InetAddress listen, Supplier<@Nullable String> token) {
    this.listen = listen;
    this.token = token;
  }

  /** Whether nobody may see it, since it is open to other machines and there is no token. */
  boolean closed() {
    return token.get() == null && !listen.isLoopbackAddress();
  }

  /** Null when the request may see it. */
  @Nullable Refusal check(Headers request) {
    String expected = token.get();
    if (expected != null) {
      return knows(request, expected)
          ? null
          : new Refusal(
              401, "a token is needed here: send admin.token as Authorization: Bearer TOKEN\n");
    }
    if (!listen.isLoopbackAddress()) {
      return new Refusal(
          403,
          "this is not shown to other machines without a token: set admin.token or"
              + " admin.tokenFile in the configuration, and send it as Authorization: Bearer"
              + " TOKEN\n");
    }
    List<String> hosts = Objects.requireNonNullElse(request.get("Host"), List.of());
    return hosts.stream().allMatch(this::isHere)
        ? null
        : new Refusal(421, "the Host is not this machine (expected: localhost or 127.0.0.1)\n");
  }

  /** Null when the request may change something: no browser sends it for somebody else's page. */
  @Nullable Refusal checkChange(Headers request) {
    Refusal refusal = check(request);
    if (refusal != null) {
      return refusal;
    }
    String host = Objects.requireNonNullElse(request.getFirst("Host"), "");
    List<String> origins = Objects.requireNonNullElse(request.get("Origin"), List.of());
    String site = request.getFirst("Sec-Fetch-Site");
    boolean own = site == null || site.equals("same-origin") || site.equals("none");
    return own && origins.stream().allMatch(origin -> isOf(origin, host))
        ? null
        : new Refusal(403, "a page of another site may not change anything here\n");
  }

  private static boolean isOf(String origin, String host) {
    return origin.equalsIgnoreCase("http://" + host) || origin.equalsIgnoreCase("https://" + host);
  }

  /** Takes as long whatever the token begins with. */
  private static boolean knows(Headers request, String expected) {
    String sent = request.getFirst("Authorization");
    return sent != null
        && sent.toLowerCase(Locale.ROOT).startsWith(BEARER)
        && MessageDigest.isEqual(bytes(sent.substring(BEARER.length()).strip()), bytes(expected));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private boolean isHere(String host) {
    String name = host.strip().replaceFirst(":\\d*$", "");
    if (name.equalsIgnoreCase("localhost")) {
      return true;
    }
    try {
      InetAddress address = InetAddress.ofLiteral(name.replaceFirst("^\\[(.*)]$", "$1"));
      return address.isLoopbackAddress() || address.equals(listen);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
