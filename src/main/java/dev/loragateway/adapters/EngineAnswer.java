package dev.loragateway.adapters;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What an engine answered, or a runtime beside it. Mistakes are told apart by words, since several
 * have one status: those of vLLM up to 0.9 ({@code message} at the top) and since ({@code
 * error.message}), of SGLang ({@code error_message}) and of FastAPI ({@code detail}). Immutable.
 */
public record EngineAnswer(int status, String body) {
  /** Why one that can load adapters does not know how it is asked to. */
  public static final String NO_ROUTE =
      "the engine takes no adapters at run time (expected: vLLM with --enable-lora and"
          + " VLLM_ALLOW_RUNTIME_LORA_UPDATING=True, or SGLang with --enable-lora)";

  private static final int LONGEST = 500;
  private static final List<String> PLACES =
      List.of("/error/message", "/error", "/message", "/error_message", "/detail");
  private static final List<String> LOADED =
      List.of("already been loaded", "already loaded", "already exists");
  private static final List<String> UNKNOWN =
      List.of("cannot be found", "not found", "does not exist", "not loaded");
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Asks, and waits for the whole answer.
   *
   * @param timeout for all of it
   * @param mostBytes of the body; a longer one is an error
   * @throws HttpTimeoutException if there is none in time
   */
  public static EngineAnswer of(
      HttpClient client, HttpRequest request, Duration timeout, long mostBytes)
      throws IOException, InterruptedException {
    CompletableFuture<HttpResponse<String>> answer =
        client.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofString(), mostBytes));
    try {
      HttpResponse<String> whole = answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      return new EngineAnswer(whole.statusCode(), whole.body());
    } catch (TimeoutException e) {
      throw new HttpTimeoutException("no answer within " + timeout.toMillis() + " ms");
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException failed ? failed : new IOException(e.getCause());
    } finally {
      answer.cancel(true);
    }
  }

  /** Whether it did what it was asked. */
  public boolean well() {
    return status / 100 == 2;
  }

  /** What it said, in one line; empty when it said nothing. */
  public String message() {
    try {
      JsonNode json = JSON.readTree(body);
      for (String place : PLACES) {
        JsonNode message = json.at(place);
        if (message.isTextual()) {
          return Printable.of(message.asText(), LONGEST);
        }
      }
      return json.isObject() ? "" : Printable.of(body, LONGEST);
    } catch (JsonProcessingException e) {
      return Printable.of(body, LONGEST);
    }
  }

  /** Whether it has something of this name already. */
  public boolean saysLoaded() {
    return status == 400 && says(LOADED);
  }

  /** Whether it does not know the adapter. */
  public boolean saysUnknown() {
    return (status == 400 || status == 404) && !saysNoRoute() && says(UNKNOWN);
  }

  /** Whether it does not know the path that was asked for: a 404 in FastAPI's own words. */
  public boolean saysNoRoute() {
    return status == 404 && (message().equals("Not Found") || message().isEmpty());
  }

  private boolean says(List<String> words) {
    String lower = message().toLowerCase(Locale.ROOT);
    return words.stream().anyMatch(lower::contains);
  }
}
