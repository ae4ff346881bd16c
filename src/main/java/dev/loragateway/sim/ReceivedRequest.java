package dev.loragateway.sim;

import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpUtil;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One received request: what was read off the connection, and what has become of it since. The
 * fields marked volatile are written by the server and read by {@link SimulatedServer#requests};
 * the rest never changes.
 */
final class ReceivedRequest {
  private static final int KEPT_BODY = 1 << 20;

  final String method;
  final String path;
  final String query;
  final Map<String, String> headers;
  final int bodySize;
  final boolean keepAlive;

  volatile @Nullable String model;
  private volatile byte[] body;
  volatile boolean aborted;
  volatile @Nullable EngineRequest work;

  private ReceivedRequest(
      String method, String uri, Map<String, String> headers, byte[] body, boolean keepAlive) {
    int query = uri.indexOf('?');
    this.method = method;
    this.path = query < 0 ? uri : uri.substring(0, query);
    this.query = query < 0 ? "" : uri.substring(query + 1);
    this.headers = headers;
    this.body = body;
    this.bodySize = body.length;
    this.keepAlive = keepAlive;
  }

  /** Copies the request; it may be released after. */
  static ReceivedRequest of(FullHttpRequest request) {
    byte[] body = new byte[request.content().readableBytes()];
    request.content().getBytes(request.content().readerIndex(), body);
    return new ReceivedRequest(
        request.method().name(),
        request.uri(),
        headers(request.headers()),
        body,
        HttpUtil.isKeepAlive(request));
  }

  String header(String name) {
    return headers.getOrDefault(name, "");
  }

  /** The body; all of it until the request is answered. */
  byte[] body() {
    return body;
  }

  /** How much of the body is kept in the log. */
  int keptBytes() {
    return Math.min(bodySize, KEPT_BODY);
  }

  /** Drops what is not kept. */
  void answered() {
    if (body.length > KEPT_BODY) {
      body = Arrays.copyOf(body, KEPT_BODY);
    }
  }

  /** The same without what only the answer needs, for the log. */
  SimRequest snapshot() {
    EngineRequest engine = work;
    return new SimRequest(
        method,
        path,
        model,
        headers,
        bodySize,
        new String(body, 0, keptBytes(), StandardCharsets.UTF_8),
        aborted,
        engine == null ? null : engine.level);
  }

  private static Map<String, String> headers(HttpHeaders headers) {
    Map<String, String> map = new TreeMap<>();
    for (Map.Entry<String, String> header : headers) {
      map.merge(
          header.getKey().toLowerCase(Locale.ROOT), header.getValue(), (a, b) -> a + ", " + b);
    }
    return Map.copyOf(map);
  }
}
