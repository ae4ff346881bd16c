package dev.loragateway.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads from web servers: redirects are bounded, never from https to http, and take no secret to
 * another server; a server that goes silent is given up. Nothing of an answer gets into a message.
 * Thread-safe.
 */
final class Web implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final int MOST_REDIRECTS = 5;
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  static final int OK = 200;
  static final int NOT_MODIFIED = 304;

  /**
   * What is asked for.
   *
   * @param authorization for the URL's server; null = none
   * @param known the ETag of what is there already; null = none
   */
  record Question(URI url, @Nullable String authorization, @Nullable String known) {
    @Override
    public String toString() {
      return WebUrl.shown(url);
    }
  }

  /** Either its body can be read, or it says that nothing has changed. */
  record Answer(int status, @Nullable String etag, InputStream body) implements AutoCloseable {
    boolean unchanged() {
      return status == NOT_MODIFIED;
    }

    @Override
    public void close() throws IOException {
      body.close();
    }
  }

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(Version.HTTP_1_1)
          .followRedirects(Redirect.NEVER)
          .connectTimeout(CONNECT)
          .build();
  private final Duration stall;

  Web(Duration stall) {
    this.stall = stall;
  }

  /**
   * Asks for something, and returns when its head is there.
   *
   * @throws ProblemException if it cannot be had
   */
  Answer get(Question question) throws ProblemException {
    URI url = question.url();
    for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      HttpResponse<InputStream> response = ask(question, url);
      if (!REDIRECTS.contains(response.statusCode())) {
        return answer(question, response);
      }
      drop(response);
      url = target(question, url, response.headers().firstValue("Location").orElse(""));
    }
    throw failed(question, "more than " + MOST_REDIRECTS + " redirects");
  }

  private HttpResponse<InputStream> ask(Question question, URI url) throws ProblemException {
    HttpRequest.Builder request = HttpRequest.newBuilder(WebUrl.plain(url)).timeout(stall);
    headers(question, url).forEach(request::header);
    try {
      return client.send(request.build(), BodyHandlers.ofInputStream());
    } catch (IOException e) {
      throw FetchFailures.of(question.toString(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(question, "the sidecar is stopping");
    }
  }

  private static Map<String, String> headers(Question question, URI url) {
    Map<String, String> headers = new HashMap<>();
    if (question.authorization() != null && WebUrl.sameOrigin(url, question.url())) {
      headers.put("Authorization", question.authorization());
    }
    if (question.known() != null) {
      headers.put("If-None-Match", question.known());
    }
    return headers;
  }

  private Answer answer(Question question, HttpResponse<InputStream> response)
      throws ProblemException {
    int status = response.statusCode();
    if (status == OK || (status == NOT_MODIFIED && question.known() != null)) {
      String etag = response.headers().firstValue("ETag").orElse(null);
      return new Answer(status, etag, new StallGuard(response.body(), stall));
    }
    drop(response);
    throw switch (status) {
      case 401, 403 -> problem(Problem.ACCESS_DENIED, question, "it wants other credentials");
      case 404, 410 -> problem(Problem.ARTIFACT_NOT_FOUND, question, "there is nothing there");
      default -> failed(question, "the answer is " + status);
    };
  }

  static URI target(Question question, URI from, String location) throws ProblemException {
    URI to;
    try {
      to = from.resolve(location);
    } catch (IllegalArgumentException e) {
      throw failed(question, "a redirect to what is no URL");
    }
    String scheme = WebUrl.scheme(to);
    boolean web = scheme.equals("https") || scheme.equals("http");
    if (location.isEmpty() || !web || to.getHost() == null) {
      throw failed(question, "a redirect to what is no URL of the web");
    }
    if (WebUrl.scheme(from).equals("https") && !scheme.equals("https")) {
      throw failed(question, "a redirect from https to http, which is not followed");
    }
    return to;
  }

  private static void drop(HttpResponse<InputStream> response) {
    try {
      response.body().close();
    } catch (IOException e) {
      // nothing of it is wanted
    }
  }

  private static ProblemException failed(Question question, String why) {
    return problem(Problem.FETCH_FAILED, question, why);
  }

  private static ProblemException problem(Problem problem, Question question, String why) {
    return new ProblemException(problem, question + ": " + why);
  }

  @Override
  public void close() {
    client.shutdownNow();
    client.close();
  }
}
