package dev.loragateway.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import dev.loragateway.adapters.Printable;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Asks for an adapter to be loaded. Immutable.
 *
 * @param name of the adapter
 * @param url of its artifact
 * @param credentials for it, by their names
 * @param sha256 what it has to be, in small hex; null = not said
 * @param engineKey what the engine wants to be sent; null = the sidecar's own key
 * @param maxBytes of this adapter
 */
record LoadRequest(
    String name,
    String url,
    Map<String, String> credentials,
    @Nullable String sha256,
    @Nullable String engineKey,
    long maxBytes) {
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  LoadRequest {
    credentials = Map.copyOf(credentials);
  }

  static LoadRequest parse(JsonNode json) throws ProblemException {
    JsonNode more = json.path("additional_config");
    if (!more.isObject() && !more.isNull() && !more.isMissingNode()) {
      throw bad("additional_config is no object");
    }
    return new LoadRequest(
        RequestFields.name(json),
        RequestFields.text(json, "artifact_url"),
        credentials(json.path("credentials")),
        sha256(more),
        RequestFields.optional(more, "api-key"),
        maxBytes(more.path("max_bytes")));
  }

  private static Map<String, String> credentials(JsonNode json) throws ProblemException {
    Map<String, String> credentials = new HashMap<>();
    for (Map.Entry<String, JsonNode> field : json.properties()) {
      if (!field.getValue().isValueNode()) {
        throw bad("credentials." + Printable.of(field.getKey()) + " is no text");
      }
      credentials.put(field.getKey(), field.getValue().asText());
    }
    return credentials;
  }

  private static @Nullable String sha256(JsonNode more) throws ProblemException {
    String given = RequestFields.optional(more, "sha256");
    if (given == null) {
      return null;
    }
    String plain = given.toLowerCase(Locale.ROOT).replaceFirst("^sha256:", "");
    if (!SHA256.matcher(plain).matches()) {
      throw bad("additional_config.sha256 is no SHA-256 (expected: 64 hexadecimal digits)");
    }
    return plain;
  }

  /** A number, or the text of one, as the values of a Kubernetes object's map are. */
  private static long maxBytes(JsonNode given) throws ProblemException {
    if (given.isMissingNode() || given.isNull()) {
      return Long.MAX_VALUE;
    }
    try {
      long bytes = Long.parseLong(given.asText());
      if (bytes > 0) {
        return bytes;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw bad("additional_config.max_bytes is no number from 1");
  }

  private static ProblemException bad(String why) {
    return new ProblemException(Problem.BAD_REQUEST, why);
  }

  @Override
  public String toString() {
    return "LoadRequest[" + name + "]";
  }
}
