package dev.loragateway.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Locale;

/**
 * What engines say when they do not do what they are told. Their answers are told apart by words,
 * since several mistakes have one status: those of vLLM up to 0.9 ({@code message} at the top) and
 * since ({@code error.message}), and of SGLang ({@code error_message}). Stateless.
 */
final class EngineWords {
  private static final List<String> LOADED =
      List.of("already been loaded", "already loaded", "already exists");
  private static final List<String> UNKNOWN =
      List.of("cannot be found", "not found", "does not exist", "not loaded");

  private EngineWords() {}

  /** The message of an error's body; empty when there is none. */
  static String message(JsonNode body) {
    for (String place : List.of("/error/message", "/message", "/error_message", "/detail")) {
      JsonNode message = body.at(place);
      if (message.isTextual()) {
        return Printable.of(message.asText());
      }
    }
    JsonNode error = body.path("error");
    return error.isTextual() ? Printable.of(error.asText()) : "";
  }

  static boolean saysLoaded(String message) {
    return has(message, LOADED);
  }

  /** A 404 with FastAPI's own words is about the path. */
  static boolean saysUnknown(int status, String message) {
    return (status == 400 || status == 404) && !isNoRoute(status, message) && has(message, UNKNOWN);
  }

  private static boolean isNoRoute(int status, String message) {
    return status == 404 && (message.equals("Not Found") || message.isEmpty());
  }

  private static boolean has(String message, List<String> words) {
    String lower = message.toLowerCase(Locale.ROOT);
    return words.stream().anyMatch(lower::contains);
  }

  static ProblemException notLoaded(int status, String message) {
    if (isNoRoute(status, message)) {
      return noRoute();
    }
    return switch (status) {
      case 401, 403 -> keyRefused();
      case 404 ->
          failed(
              "the engine finds no adapter there: %s (expected: it sees the same directory;"
                  + " see --engine-directory)",
              message);
      case 400, 422 ->
          new ProblemException(Problem.ENGINE_REFUSED, "the engine refuses it: " + message);
      default -> failed("the engine has not loaded it: %s", status + " " + message);
    };
  }

  static ProblemException notUnloaded(int status, String message) {
    if (isNoRoute(status, message)) {
      return noRoute();
    }
    return status == 401 || status == 403
        ? keyRefused()
        : failed("the engine has not unloaded it: %s", status + " " + message);
  }

  private static ProblemException noRoute() {
    return failed(
        "the engine takes no adapters at run time (expected: vLLM with --enable-lora and"
            + " VLLM_ALLOW_RUNTIME_LORA_UPDATING=True, or SGLang with --enable-lora)%s",
        "");
  }

  private static ProblemException keyRefused() {
    return failed("the engine wants another key (expected: --engine-api-key-file)%s", "");
  }

  private static ProblemException failed(String format, String what) {
    return new ProblemException(Problem.ENGINE_FAILED, format.formatted(what));
  }
}
