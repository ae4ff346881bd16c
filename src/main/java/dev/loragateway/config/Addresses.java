package dev.loragateway.config;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The formats of addresses. Nothing is looked up: a file is valid on every machine or on none.
 * Stateless.
 */
final class Addresses {
  private static final String HOST_PORT = "(\\[[^]]*]|[^\\[\\]:]*)(?::(\\d{1,6}))?";
  private static final Pattern LISTEN = Pattern.compile(HOST_PORT);
  private static final Pattern URL =
      Pattern.compile("(https?)://([^/?#]*)([^?#]*)(.*)", Pattern.CASE_INSENSITIVE);
  private static final Pattern AUTHORITY = Pattern.compile(HOST_PORT);
  private static final Pattern USER_INFO = Pattern.compile("//[^/]*@");
  private static final Pattern IPV4 =
      Pattern.compile("((25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(?!$)|$)){4}");
  private static final Pattern NUMERIC = Pattern.compile("[0-9.]+");
  private static final Pattern HOST_NAME =
      Pattern.compile("(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}\\.?)+");
  private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]+");

  /** Where to listen. */
  static final Format<InetSocketAddress> LISTEN_ADDRESS =
      new Format<>(
          "an IP address or localhost and a port, as 127.0.0.1:8080, [::1]:8080 or, on every"
              + " interface, :8080",
          Addresses::listen);

  /** Where a model server is reached. */
  static final Format<EndpointUrl> ENDPOINT =
      new Format<>("http://HOST:PORT or https://HOST:PORT", Addresses::endpoint);

  /**
   * The address of a model server. Immutable.
   *
   * @param host in lower case, without brackets
   */
  record EndpointUrl(boolean tls, String host, int port) {}

  private Addresses() {}

  private static Parsed<InetSocketAddress> listen(String text) {
    Matcher parts = LISTEN.matcher(text);
    if (!parts.matches() || parts.group(2) == null) {
      return Parsed.wrong(text, "is not an address with a port");
    }
    int port = Integer.parseInt(parts.group(2));
    if (port > 65_535) {
      return Parsed.wrong(text, "has a port out of range");
    }
    InetAddress address = literal(parts.group(1));
    return address == null
        ? Parsed.wrong(text, "has no IP address before the port")
        : new Parsed.Value<>(new InetSocketAddress(address, port));
  }

  private static @Nullable InetAddress literal(String host) {
    String name = host.isEmpty() ? "0.0.0.0" : host.equals("localhost") ? "127.0.0.1" : host;
    if (isBracketed(name)) {
      String inner = inner(name);
      return isIpv6(inner) ? Inet6Address.ofLiteral(inner) : null;
    }
    return IPV4.matcher(name).matches() ? InetAddress.ofLiteral(name) : null;
  }

  private static Parsed<EndpointUrl> endpoint(String text) {
    Matcher parts = URL.matcher(text);
    String shown = USER_INFO.matcher(text).replaceFirst("//***@");
    if (!parts.matches() || parts.group(2).isEmpty()) {
      return Parsed.wrong(shown, "is not a URL");
    }
    String fault = surplus(parts);
    if (fault != null) {
      return Parsed.wrong(shown, fault);
    }
    Matcher authority = AUTHORITY.matcher(parts.group(2));
    if (!authority.matches()) {
      return Parsed.wrong(shown, "is not a URL");
    }
    boolean tls = parts.group(1).equalsIgnoreCase("https");
    int port = port(authority.group(2), tls);
    String host = host(authority.group(1));
    if (host == null) {
      return Parsed.wrong(shown, "has no valid host");
    }
    return port < 1 || port > 65_535
        ? Parsed.wrong(shown, "has a port out of range, 1 to 65535")
        : new Parsed.Value<>(new EndpointUrl(tls, host, port));
  }

  /** What is too much in a URL of an endpoint, or null. */
  private static @Nullable String surplus(Matcher url) {
    if (url.group(2).indexOf('@') >= 0) {
      return "has user information";
    }
    if (!url.group(4).isEmpty()) {
      return "has a query or a fragment";
    }
    String path = url.group(3);
    return path.isEmpty() || path.equals("/") ? null : "has a path";
  }

  private static int port(@Nullable String digits, boolean tls) {
    if (digits == null) {
      return tls ? 443 : 80;
    }
    return Integer.parseInt(digits);
  }

  private static @Nullable String host(String text) {
    if (isBracketed(text)) {
      String inner = inner(text);
      return isIpv6(inner) ? inner.toLowerCase(Locale.ROOT) : null;
    }
    Pattern form = NUMERIC.matcher(text).matches() ? IPV4 : HOST_NAME;
    return form.matcher(text).matches() ? text.toLowerCase(Locale.ROOT) : null;
  }

  private static boolean isBracketed(String host) {
    return host.startsWith("[");
  }

  private static String inner(String bracketed) {
    return bracketed.substring(1, bracketed.length() - 1);
  }

  private static boolean isIpv6(String text) {
    if (!IPV6.matcher(text).matches()) {
      return false;
    }
    try {
      Inet6Address.ofLiteral(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
