package dev.loragateway.runtime;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What sources are shown to let us in. A secret of the sidecar's own is not sent to an endpoint
 * that a caller has named. Immutable.
 *
 * @param given by the request
 * @param own the sidecar's, from files and variables
 */
record Credentials(Map<String, String> given, Map<String, String> own) {
  static final String AWS_KEY = "AWS_ACCESS_KEY_ID";
  static final String AWS_SECRET = "AWS_SECRET_ACCESS_KEY";
  static final String AWS_SESSION = "AWS_SESSION_TOKEN";
  static final String AWS_ENDPOINT = "AWS_ENDPOINT_URL";
  static final String HF_TOKEN = "HF_TOKEN";
  static final String HF_ENDPOINT = "HF_ENDPOINT";
  static final String HTTP_BEARER = "HTTP_BEARER";
  static final String HTTP_BEARER_HOST = "HTTP_BEARER_HOST";

  /** A key of AWS, which goes together. */
  record AwsKey(String id, String secret, @Nullable String session) {
    @Override
    public String toString() {
      return "AwsKey[***]";
    }
  }

  Credentials {
    given = Map.copyOf(given);
    own = Map.copyOf(own);
  }

  /** What is no secret: the request's first. */
  @Nullable String setting(String name) {
    String value = given.get(name);
    return value != null ? value : own.get(name);
  }

  /** Null also when the request names another endpoint without a key of its own. */
  @Nullable AwsKey awsKey() {
    AwsKey key = awsKey(given);
    return key != null || given.containsKey(AWS_ENDPOINT) ? key : awsKey(own);
  }

  private static @Nullable AwsKey awsKey(Map<String, String> from) {
    String id = from.get(AWS_KEY);
    String secret = from.get(AWS_SECRET);
    return id == null || secret == null ? null : new AwsKey(id, secret, from.get(AWS_SESSION));
  }

  /** Whether the SDK may look for a key of the machine's, as that of its pod. */
  boolean mayUseMachineKey() {
    return !given.containsKey(AWS_ENDPOINT);
  }

  @Nullable String hubToken() {
    String token = given.get(HF_TOKEN);
    return token != null || given.containsKey(HF_ENDPOINT) ? token : own.get(HF_TOKEN);
  }

  /** The token for a web server, where there is one for it. */
  @Nullable String bearer(String host) {
    String token = given.get(HTTP_BEARER);
    String only = own.get(HTTP_BEARER_HOST);
    boolean meant = only == null || only.equalsIgnoreCase(host);
    return token != null ? token : meant ? own.get(HTTP_BEARER) : null;
  }

  @Override
  public String toString() {
    return "Credentials[***]";
  }
}
