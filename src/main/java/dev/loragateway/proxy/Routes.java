package dev.loragateway.proxy;

import dev.loragateway.model.GatewayError;
import dev.loragateway.openai.ApiShape;
import dev.loragateway.proxy.Route.Kind;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The allow-list: what is forwarded, what the gateway answers itself. Everything else, above all
 * the administrative routes of the model servers, does not exist. Stateless.
 */
public final class Routes {
  /** The outcome of a look-up. */
  sealed interface Match {
    record Found(Route route, String query) implements Match {}

    /** {@code allow} is the method that the path knows when it is known, else null. */
    record Refused(GatewayError error, String message, @Nullable HttpMethod allow)
        implements Match {}
  }

  private static final String MODELS = "/v1/models";
  private static final String RESPONSES = "/v1/responses/";

  /** Sub-resources of a response that vLLM has. */
  private static final Set<String> RESPONSE_ACTIONS = Set.of("cancel", "input_items");

  /** What needs no escape in a path, so that it can be passed on as it is. */
  private static final Pattern RESPONSE_ID = Pattern.compile("[A-Za-z0-9._~-]+");

  private static final Map<String, Route> POSTS = new HashMap<>();

  static {
    for (String path :
        new String[] {
          "/v1/chat/completions",
          "/v1/completions",
          "/v1/embeddings",
          "/v1/rerank",
          "/v2/rerank",
          "/rerank",
          "/v1/score",
          "/score",
          "/classify",
          "/pooling"
        }) {
      post(path, Kind.JSON, ApiShape.OPENAI, true);
    }
    post("/v1/responses", Kind.JSON, ApiShape.RESPONSES, true);
    post("/v1/messages", Kind.JSON, ApiShape.ANTHROPIC, true);
    post("/v1/messages/count_tokens", Kind.JSON, ApiShape.ANTHROPIC, false);
    post("/tokenize", Kind.JSON, ApiShape.OPENAI, false);
    post("/detokenize", Kind.JSON, ApiShape.OPENAI, false);
    post("/v1/audio/transcriptions", Kind.MULTIPART, ApiShape.OPENAI, true);
    post("/v1/audio/translations", Kind.MULTIPART, ApiShape.OPENAI, true);
  }

  private Routes() {}

  private static void post(String path, Kind kind, ApiShape shape, boolean usesAdapter) {
    POSTS.put(path, new Route(kind, path, "", shape, usesAdapter));
  }

  /** The paths that are forwarded by the model in the request's body. */
  public static Set<String> paths() {
    return Collections.unmodifiableSet(POSTS.keySet());
  }

  /** Finds the route of a request line. */
  static Match match(HttpMethod method, String uri) {
    int question = uri.indexOf('?');
    String query = question < 0 ? "" : uri.substring(question);
    String raw = question < 0 ? uri : uri.substring(0, question);
    Route plain = POSTS.get(raw);
    if (!isVisible(query) || (plain == null && !isVisible(raw))) {
      return bad("the target has characters that a URL cannot have, or a fragment");
    }
    if (plain != null && method.equals(HttpMethod.POST)) {
      return new Match.Found(plain, query);
    }
    if (isAboutServer(method, raw)) {
      return unknown(method, raw);
    }
    String path;
    try {
      path = normal(raw);
    } catch (IllegalArgumentException e) {
      return bad("the target is not valid: " + e.getMessage());
    }
    return find(method, path, query);
  }

  private static Match bad(String message) {
    return new Match.Refused(GatewayError.BAD_REQUEST, message, null);
  }

  private static boolean isVisible(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c <= ' ' || c >= 0x7f || c == '#') {
        return false;
      }
    }
    return true;
  }

  /** Requests whose target is valid, but no path (RFC 9112, sections 3.2.3 and 3.2.4). */
  private static boolean isAboutServer(HttpMethod method, String target) {
    return method.equals(HttpMethod.CONNECT)
        ? Authority.isValid(target)
        : method.equals(HttpMethod.OPTIONS) && target.equals("*");
  }

  private static Match find(HttpMethod method, String path, String query) {
    Route post = POSTS.get(path);
    if (post != null) {
      return only(HttpMethod.POST, method, post, query);
    }
    if (path.equals(MODELS)) {
      return only(HttpMethod.GET, method, local(Kind.MODELS, path, ""), query);
    }
    if (path.startsWith(MODELS + "/")) {
      String id = path.substring(MODELS.length() + 1);
      return only(HttpMethod.GET, method, local(Kind.MODEL, path, id), query);
    }
    if (path.equals("/health")) {
      return only(HttpMethod.GET, method, local(Kind.HEALTH, path, ""), query);
    }
    return path.startsWith(RESPONSES) ? response(method, path, query) : unknown(method, path);
  }

  private static Match response(HttpMethod method, String path, String query) {
    String[] parts = path.substring(RESPONSES.length()).split("/", -1);
    boolean plain = parts.length == 1;
    boolean action = parts.length == 2 && RESPONSE_ACTIONS.contains(parts[1]);
    if (!RESPONSE_ID.matcher(parts[0]).matches() || (!plain && !action)) {
      return unknown(method, path);
    }
    Route route = new Route(Kind.RESPONSE, path, parts[0], ApiShape.RESPONSES, false);
    if (action) {
      return only(
          parts[1].equals("cancel") ? HttpMethod.POST : HttpMethod.GET, method, route, query);
    }
    return method.equals(HttpMethod.DELETE)
        ? new Match.Found(route, query)
        : only(HttpMethod.GET, method, route, query);
  }

  private static Route local(Kind kind, String path, String id) {
    return new Route(kind, path, id, ApiShape.OPENAI, false);
  }

  private static Match only(HttpMethod allowed, HttpMethod method, Route route, String query) {
    return method.equals(allowed)
        ? new Match.Found(route, query)
        : new Match.Refused(
            GatewayError.METHOD_NOT_ALLOWED,
            method + " is not allowed on " + route.path() + " (expected: " + allowed + ")",
            allowed);
  }

  private static Match unknown(HttpMethod method, String path) {
    return new Match.Refused(
        GatewayError.NOT_FOUND, "there is no " + method + " " + path + " on this gateway", null);
  }

  /** The path of an absolute or plain target: decoded once, without empty and dot segments. */
  private static String normal(String target) {
    String path = target.startsWith("/") ? target : pathOfUrl(target);
    String decoded = QueryStringDecoder.decodeComponent(path.replace("+", "%2B"));
    if (decoded.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
      throw new IllegalArgumentException("a control character");
    }
    Deque<String> segments = new ArrayDeque<>();
    for (String segment : decoded.split("/", -1)) {
      if (segment.equals("..")) {
        segments.pollLast();
      } else if (!segment.isEmpty() && !segment.equals(".")) {
        segments.addLast(segment);
      }
    }
    return "/" + String.join("/", segments);
  }

  private static String pathOfUrl(String url) {
    int host =
        url.regionMatches(true, 0, "http://", 0, 7)
            ? 7
            : url.regionMatches(true, 0, "https://", 0, 8) ? 8 : -1;
    int slash = url.indexOf('/', Math.max(host, 0));
    int end = slash < 0 ? url.length() : slash;
    if (host < 0 || !Authority.isValid(url.substring(host, end))) {
      throw new IllegalArgumentException("neither a path nor a URL of http with a host");
    }
    return slash < 0 ? "/" : url.substring(slash);
  }
}
