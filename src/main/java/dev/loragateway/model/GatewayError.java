package dev.loragateway.model;

import org.jspecify.annotations.Nullable;

/**
 * Every error that the gateway answers by itself, in one table. Errors of the model servers pass
 * through verbatim and are not listed here. Status and code follow OpenAI's API; {@code
 * x-should-retry} is what OpenAI's SDKs obey before their own rules.
 */
public enum GatewayError {
  INVALID_JSON(400, "invalid_request_error", "invalid_json", null, Retry.NO),
  INVALID_MULTIPART(400, "invalid_request_error", "invalid_multipart", null, Retry.NO),
  MISSING_MODEL(400, "invalid_request_error", "missing_required_parameter", "model", Retry.NO),
  INVALID_MODEL(400, "invalid_request_error", "invalid_value", "model", Retry.NO),
  BAD_REQUEST(400, "invalid_request_error", "bad_request", null, Retry.NO),
  INVALID_API_KEY(401, "invalid_request_error", "invalid_api_key", null, Retry.NO),
  NOT_FOUND(404, "invalid_request_error", "not_found", null, Retry.NO),
  MODEL_NOT_FOUND(404, "invalid_request_error", "model_not_found", "model", Retry.NO),
  RESPONSE_NOT_FOUND(404, "invalid_request_error", "response_not_found", null, Retry.NO),
  METHOD_NOT_ALLOWED(405, "invalid_request_error", "method_not_allowed", null, Retry.NO),
  REQUEST_HEADER_TIMEOUT(
      408, "invalid_request_error", "request_header_timeout", null, Retry.DEFAULT),
  REQUEST_BODY_TIMEOUT(408, "invalid_request_error", "request_body_timeout", null, Retry.DEFAULT),
  BODY_TOO_LARGE(413, "invalid_request_error", "request_too_large", null, Retry.NO),
  URI_TOO_LONG(414, "invalid_request_error", "uri_too_long", null, Retry.NO),
  UNSUPPORTED_ENCODING(
      415, "invalid_request_error", "unsupported_content_encoding", null, Retry.NO),
  EXPECTATION_FAILED(417, "invalid_request_error", "expectation_failed", null, Retry.NO),
  SATURATED(429, "rate_limit_error", "rate_limit_exceeded", null, Retry.AFTER_ONE_SECOND),
  KEY_LIMIT(429, "rate_limit_error", "rate_limit_exceeded", null, Retry.AFTER_ONE_SECOND) {
    @Override
    public String reason() {
      return "key_limit";
    }
  },
  HEADERS_TOO_LARGE(431, "invalid_request_error", "headers_too_large", null, Retry.NO),
  INTERNAL(500, "server_error", "internal_error", null, Retry.DEFAULT),
  UPSTREAM_FAILED(502, "server_error", "upstream_failed", null, Retry.DEFAULT),
  NO_ENDPOINT_READY(503, "server_error", "no_endpoint_ready", null, Retry.AFTER_ONE_SECOND),
  AUTHENTICATION_UNAVAILABLE(
      503, "server_error", "authentication_unavailable", null, Retry.AFTER_ONE_SECOND),
  QUEUE_TIMEOUT(503, "server_error", "queue_timeout", null, Retry.AFTER_ONE_SECOND),
  OVERLOADED(503, "server_error", "overloaded", null, Retry.AFTER_ONE_SECOND),
  SHUTTING_DOWN(503, "server_error", "shutting_down", null, Retry.AFTER_ONE_SECOND),
  CONNECT_TIMEOUT(504, "server_error", "connect_timeout", null, Retry.DEFAULT),
  TLS_TIMEOUT(504, "server_error", "tls_timeout", null, Retry.DEFAULT),
  FIRST_BYTE_TIMEOUT(504, "server_error", "first_byte_timeout", null, Retry.DEFAULT),
  IDLE_TIMEOUT(504, "server_error", "idle_timeout", null, Retry.DEFAULT),
  TOTAL_TIMEOUT(504, "server_error", "total_timeout", null, Retry.DEFAULT),
  HTTP_VERSION(505, "invalid_request_error", "http_version_not_supported", null, Retry.NO);

  /** What the answer tells the client about trying again. */
  public enum Retry {
    /** The same request fails again: {@code x-should-retry: false}. */
    NO,
    /** Nothing is said: the client's own rule for the status applies. */
    DEFAULT,
    /** {@code x-should-retry: true} and {@code retry-after}: 1 s, or what is known better. */
    AFTER_ONE_SECOND
  }

  private final int status;
  private final String type;
  private final String code;
  private final @Nullable String param;
  private final Retry retry;

  GatewayError(int status, String type, String code, @Nullable String param, Retry retry) {
    this.status = status;
    this.type = type;
    this.code = code;
    this.param = param;
    this.retry = retry;
  }

  /** HTTP status. */
  public int status() {
    return status;
  }

  /** {@code error.type} in OpenAI's shape. */
  public String type() {
    return type;
  }

  /** {@code error.code}. */
  public String code() {
    return code;
  }

  /**
   * The {@code reason} tag of {@code lora_gateway_rejections_total}; the code, if that is unique.
   */
  public String reason() {
    return code;
  }

  /** {@code error.param}: the request's field at fault, or null. */
  public @Nullable String param() {
    return param;
  }

  public Retry retry() {
    return retry;
  }
}
