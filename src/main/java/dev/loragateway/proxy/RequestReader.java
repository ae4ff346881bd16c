package dev.loragateway.proxy;

import dev.loragateway.access.Caller;
import dev.loragateway.access.Proof;
import dev.loragateway.model.GatewayError;
import dev.loragateway.openai.ApiShape;
import dev.loragateway.openai.PeekResult;
import dev.loragateway.openai.RequestFacts;
import dev.loragateway.openai.RequestPeek;
import dev.loragateway.proxy.Route.Kind;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Reads one request: decides by its head whether it is acceptable, collects its body and finds out
 * what it asks for. Confined to the downstream event loop.
 */
final class RequestReader {
  /** Why a request is refused. */
  record Refusal(GatewayError error, String message, @Nullable HttpMethod allow) {
    Refusal(GatewayError error, String message) {
      this(error, message, null);
    }
  }

  /** More headers than this are an attack; Envoy's default, too. */
  private static final int MAX_HEADERS = 100;

  private final ProxyContext context;
  private final HttpRequest head;
  private final ByteBufAllocator alloc;
  private final BufferShare share;
  private final RequestPeek peek;
  private final ProxySettings.Limits limits;
  private final String id;
  private final long startedAt = System.nanoTime();
  private @Nullable Route route;
  private String query = "";
  private @Nullable RequestBody body;
  private @Nullable RequestFacts facts;
  private @Nullable Caller caller;
  private @Nullable CompletableFuture<Proof.Settled> proof;

  /**
   * Begins with a head.
   *
   * @param share of the connection
   * @param peek of the connection; the request before is read
   */
  RequestReader(
      ProxyContext context,
      HttpRequest head,
      ByteBufAllocator alloc,
      BufferShare share,
      RequestPeek peek) {
    this.context = context;
    this.share = share;
    this.head = head;
    this.alloc = alloc;
    this.peek = peek;
    this.limits = context.settings.get().limits();
    String given = HeaderRules.requestId(head.headers());
    this.id = given != null ? given : newId();
  }

  /** 128 random bits in hexadecimal; it identifies, it protects nothing. */
  private static String newId() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(random.nextLong()) + hex.toHexDigits(random.nextLong());
  }

  /**
   * Why the decoder could not go on.
   *
   * @param inBody whether the head had been read
   */
  static Refusal malformed(Throwable cause, boolean inBody) {
    if (cause instanceof TooLongHttpLineException && !inBody) {
      return new Refusal(GatewayError.URI_TOO_LONG, "the request line is too long");
    }
    if (cause instanceof TooLongHttpHeaderException) {
      return new Refusal(GatewayError.HEADERS_TOO_LARGE, "the headers are too large");
    }
    return new Refusal(
        GatewayError.BAD_REQUEST, "this is not a valid HTTP message: " + cause.getMessage());
  }

  /** Looks at the head; returns null when the body may come, once {@link #proof} is there. */
  @Nullable Refusal begin() {
    Refusal refusal = checkHead();
    if (refusal != null) {
      return refusal;
    }
    return switch (Routes.match(head.method(), head.uri())) {
      case Routes.Match.Refused refused ->
          new Refusal(refused.error(), refused.message(), refused.allow());
      case Routes.Match.Found found -> {
        route = found.route();
        query = found.query();
        yield found.route().open() ? expectBody(found.route()) : authenticate();
      }
    };
  }

  private @Nullable Refusal authenticate() {
    HttpHeaders headers = head.headers();
    return switch (context.access.prove(
        headers.get(HttpHeaderNames.AUTHORIZATION), headers.get(HeaderRules.API_KEY))) {
      case Proof.Pending(CompletableFuture<Proof.Settled> result) -> {
        Refusal refused = overload();
        proof = refused == null ? result : null;
        yield refused;
      }
      case Proof.Settled settled -> proven(settled);
    };
  }

  /** What is still to come before the body may; null when it may. */
  @Nullable CompletableFuture<Proof.Settled> proof() {
    return proof;
  }

  /** The proof is there; returns null when the body may come. */
  @Nullable Refusal proven(Proof.Settled settled) {
    proof = null;
    return switch (settled) {
      case Proof.Granted granted -> {
        caller = granted.caller();
        yield admit();
      }
      case Proof.Denied(String message) -> new Refusal(GatewayError.INVALID_API_KEY, message);
      case Proof.Unavailable(String message) ->
          new Refusal(GatewayError.AUTHENTICATION_UNAVAILABLE, message);
    };
  }

  /** Before the body is read, so that the gateway need not hold it. */
  private @Nullable Refusal admit() {
    Refusal refused = overload();
    return refused == null ? expectBody(Objects.requireNonNull(route)) : refused;
  }

  private @Nullable Refusal overload() {
    Rejection overload = context.overload.refusesAll();
    return overload == null ? null : new Refusal(overload.error(), overload.message());
  }

  private @Nullable Refusal checkHead() {
    HttpHeaders headers = head.headers();
    if (!head.protocolVersion().equals(HttpVersion.HTTP_1_1)
        && !head.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
      return new Refusal(
          GatewayError.HTTP_VERSION,
          head.protocolVersion() + " is not supported (expected: HTTP/1.1 or HTTP/1.0)");
    }
    if (headers.size() > MAX_HEADERS) {
      return new Refusal(
          GatewayError.HEADERS_TOO_LARGE,
          headers.size() + " headers (expected: at most " + MAX_HEADERS + ")");
    }
    boolean http11 = head.protocolVersion().equals(HttpVersion.HTTP_1_1);
    List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
    if (hosts.size() > 1 || (hosts.isEmpty() && http11)) {
      return new Refusal(
          GatewayError.BAD_REQUEST, hosts.size() + " Host headers (expected: exactly one)");
    }
    if (!hosts.isEmpty() && !hosts.getFirst().isEmpty() && !Authority.isValid(hosts.getFirst())) {
      return new Refusal(
          GatewayError.BAD_REQUEST, "Host is not valid (expected: a host, and a port or none)");
    }
    if (http11
        && HeaderRules.other(headers, HttpHeaderNames.EXPECT, HttpHeaderValues.CONTINUE) != null) {
      return new Refusal(GatewayError.EXPECTATION_FAILED, "Expect knows only 100-continue");
    }
    return null;
  }

  /** Returns whether the client waits for a word before it sends the body. */
  boolean waitsForContinue() {
    return HttpUtil.is100ContinueExpected(head)
        && (HttpUtil.isTransferEncodingChunked(head) || HttpUtil.getContentLength(head, 0L) > 0);
  }

  private @Nullable Refusal expectBody(Route found) {
    String encoding =
        HeaderRules.other(
            head.headers(), HttpHeaderNames.CONTENT_ENCODING, HttpHeaderValues.IDENTITY);
    if (found.forwarded() && encoding != null) {
      return new Refusal(
          GatewayError.UNSUPPORTED_ENCODING,
          "Content-Encoding " + encoding + " is not supported (expected: none)");
    }
    if (found.kind() == Kind.MULTIPART
        && head.headers().getAll(HttpHeaderNames.CONTENT_TYPE).size() > 1) {
      return new Refusal(
          GatewayError.BAD_REQUEST, "several Content-Type headers (expected: exactly one)");
    }
    long announced = HttpUtil.getContentLength(head, -1L);
    if (announced > limits.body()) {
      return tooLarge();
    }
    RequestPeek reading = found.kind() == Kind.JSON ? peek : null;
    body = new RequestBody(alloc, share, limits, reading, announced);
    return null;
  }

  private Refusal tooLarge() {
    return new Refusal(
        GatewayError.BODY_TOO_LARGE,
        "the body is larger than " + limits.body() + " bytes, the limit of this gateway");
  }

  /** Takes a piece of the body; returns null when more may come. */
  @Nullable Refusal add(ByteBuf piece, boolean last) {
    if (body == null) {
      return null;
    }
    GatewayError error = body.add(piece, last);
    if (error == null) {
      return null;
    }
    return switch (error) {
      case BODY_TOO_LARGE -> tooLarge();
      case INVALID_JSON -> refusal(body.finish(null));
      default -> new Refusal(error, "the gateway holds too many request bodies, try again");
    };
  }

  /** The body is complete: finds out what it asks for; returns null when all is well. */
  @Nullable Refusal finish() {
    if (body == null || route == null) {
      return new Refusal(GatewayError.INTERNAL, "a body without a head");
    }
    if (route.kind() != Kind.JSON && route.kind() != Kind.MULTIPART) {
      return null;
    }
    PeekResult result = body.finish(head.headers().get(HttpHeaderNames.CONTENT_TYPE));
    if (result instanceof PeekResult.Found found) {
      facts = found.facts();
      return null;
    }
    return refusal(result);
  }

  private static Refusal refusal(PeekResult result) {
    return result instanceof PeekResult.Refused refused
        ? new Refusal(refused.error(), refused.message())
        : new Refusal(GatewayError.INVALID_JSON, "the body is not valid JSON");
  }

  /** The whole request, after {@link #finish} found nothing wrong; its body goes to the caller. */
  ClientRequest request() {
    return new ClientRequest(
        head,
        Objects.requireNonNull(route),
        query,
        id,
        Objects.requireNonNull(body),
        facts,
        caller,
        System.nanoTime());
  }

  /** When its head came, in nanoseconds. */
  long startedAt() {
    return startedAt;
  }

  /** The shape of errors that the client expects. */
  ApiShape shape() {
    return route == null ? ApiShape.OPENAI : route.shape();
  }

  String id() {
    return id;
  }

  /** Returns whether the answer must have no body. */
  boolean headOnly() {
    return head.method().equals(HttpMethod.HEAD);
  }

  boolean keepAlive() {
    return HttpUtil.isKeepAlive(head);
  }

  void release() {
    if (body != null) {
      body.release();
      body = null;
    }
  }
}
