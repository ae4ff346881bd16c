package dev.loragateway.proxy;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which headers pass: hop-by-hop ones (RFC 9110, section 7.6.1) never do, and messages are framed
 * anew on each side. Stateless.
 */
final class HeaderRules {
  static final AsciiString REQUEST_ID = AsciiString.cached("x-request-id");
  static final AsciiString ENDPOINT = AsciiString.cached("x-gateway-endpoint");
  static final AsciiString TIER = AsciiString.cached("x-gateway-tier");
  static final AsciiString ATTEMPTS = AsciiString.cached("x-gateway-attempts");
  static final AsciiString QUEUE_MS = AsciiString.cached("x-gateway-queue-ms");
  static final AsciiString TIMEOUT = AsciiString.cached("x-gateway-timeout-ms");
  static final AsciiString PRIORITY = AsciiString.cached("x-gateway-priority");
  static final AsciiString EXPLAIN = AsciiString.cached("x-gateway-explain");
  static final AsciiString RETRY_AFTER_MS = AsciiString.cached("retry-after-ms");
  static final AsciiString SHOULD_RETRY = AsciiString.cached("x-should-retry");
  static final AsciiString API_KEY = AsciiString.cached("x-api-key");
  static final AsciiString SESSION_ID = AsciiString.cached("x-session-id");

  private static final AsciiString OWN = AsciiString.cached("x-gateway-");
  private static final AsciiString KEEP_ALIVE = AsciiString.cached("keep-alive");

  /** How Netty tells of an HTTP/2 request what HTTP/1.1 has no place for. */
  private static final AsciiString HTTP2_SCHEME = AsciiString.cached("x-http2-scheme");

  private static final AsciiString HTTP2_STREAM = AsciiString.cached("x-http2-stream-id");
  private static final AsciiString PROXY_CONNECTION = AsciiString.cached("proxy-connection");
  private static final int MAX_REQUEST_ID = 128;
  private static final int MAX_SESSION_ID = 256;

  private HeaderRules() {}

  /** Removes what concerns one connection only, and what {@code Connection} names. */
  static void removeHopByHop(HttpHeaders headers) {
    connectionNames(headers).forEach(headers::remove);
    headers.remove(HttpHeaderNames.CONNECTION);
    headers.remove(KEEP_ALIVE);
    headers.remove(PROXY_CONNECTION);
    headers.remove(HttpHeaderNames.TE);
    headers.remove(HttpHeaderNames.TRAILER);
    headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
    headers.remove(HttpHeaderNames.UPGRADE);
    headers.remove(HttpHeaderNames.PROXY_AUTHENTICATE);
    headers.remove(HttpHeaderNames.PROXY_AUTHORIZATION);
  }

  /**
   * Removes from a server's answer what only this gateway says: the request's id and whatever its
   * own headers may be called.
   */
  static void removeOwn(HttpHeaders headers) {
    headers.remove(REQUEST_ID);
    List<CharSequence> own = new ArrayList<>(0);
    Iterator<Map.Entry<CharSequence, CharSequence>> entries = headers.iteratorCharSequence();
    while (entries.hasNext()) {
      CharSequence name = entries.next().getKey();
      if (AsciiString.regionMatches(name, true, 0, OWN, 0, OWN.length())) {
        own.add(name);
      }
    }
    own.forEach(headers::remove);
  }

  /** The first value of a header that is not the one that is understood; null = there is none. */
  static @Nullable String other(HttpHeaders headers, AsciiString name, AsciiString understood) {
    if (!headers.contains(name)) {
      return null;
    }
    for (String value : headers.getAll(name)) {
      if (!understood.contentEqualsIgnoreCase(value)) {
        return value;
      }
    }
    return null;
  }

  /** The client's session when it is short enough to be remembered; else null. */
  static @Nullable String session(HttpHeaders headers) {
    String session = headers.get(SESSION_ID);
    return session == null || session.length() > MAX_SESSION_ID ? null : session;
  }

  /**
   * The client's request id when it is short and printable, so that it can be logged; else null.
   */
  static @Nullable String requestId(HttpHeaders headers) {
    String id = headers.get(REQUEST_ID);
    if (id == null || id.isEmpty() || id.length() > MAX_REQUEST_ID) {
      return null;
    }
    for (int i = 0; i < id.length(); i++) {
      if (id.charAt(i) <= 0x20 || id.charAt(i) >= 0x7f) {
        return null;
      }
    }
    return id;
  }

  /**
   * Copies the client's headers for one attempt: without hop-by-hop ones and the gateway's own
   * business.
   *
   * @param credentials whether the client's own go along
   */
  static void forward(HttpHeaders from, HttpHeaders to, boolean credentials) {
    List<String> named = connectionNames(from);
    Iterator<Map.Entry<CharSequence, CharSequence>> entries = from.iteratorCharSequence();
    while (entries.hasNext()) {
      Map.Entry<CharSequence, CharSequence> entry = entries.next();
      if (!dropped(entry.getKey()) && !named(named, entry.getKey())) {
        to.add(entry.getKey(), entry.getValue());
      }
    }
    if (!credentials) {
      to.remove(HttpHeaderNames.AUTHORIZATION);
      to.remove(API_KEY);
      to.remove(HttpHeaderNames.COOKIE);
    }
  }

  private static List<String> connectionNames(HttpHeaders headers) {
    List<String> names = new ArrayList<>(0);
    for (String value : headers.getAll(HttpHeaderNames.CONNECTION)) {
      for (String name : value.split(",", -1)) {
        names.add(name.trim());
      }
    }
    return names;
  }

  private static boolean named(List<String> names, CharSequence header) {
    for (String name : names) {
      if (AsciiString.contentEqualsIgnoreCase(name, header)) {
        return true;
      }
    }
    return false;
  }

  private static boolean dropped(CharSequence name) {
    return switch (name.length()) {
      case 2 -> is(HttpHeaderNames.TE, name);
      case 4 -> is(HttpHeaderNames.HOST, name);
      case 6 -> is(HttpHeaderNames.EXPECT, name);
      case 7 -> is(HttpHeaderNames.TRAILER, name) || is(HttpHeaderNames.UPGRADE, name);
      case 10 -> is(HttpHeaderNames.CONNECTION, name) || is(KEEP_ALIVE, name);
      case 12 -> is(REQUEST_ID, name);
      case 14 -> is(HttpHeaderNames.CONTENT_LENGTH, name) || is(HTTP2_SCHEME, name);
      case 16 -> is(PROXY_CONNECTION, name);
      case 17 ->
          is(HttpHeaderNames.TRANSFER_ENCODING, name)
              || is(HTTP2_STREAM, name)
              || is(EXPLAIN, name);
      case 18 -> is(PRIORITY, name);
      case 20 -> is(TIMEOUT, name);
      case 19 -> is(HttpHeaderNames.PROXY_AUTHORIZATION, name);
      default -> false;
    };
  }

  private static boolean is(AsciiString header, CharSequence name) {
    return header.contentEqualsIgnoreCase(name);
  }
}
