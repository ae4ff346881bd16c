package dev.loragateway.upstream;

/** How an exchange with a model server went wrong, by what the server can have done already. */
public enum UpstreamFailure {
  /** No connection could be made: the server has seen nothing. */
  CONNECT("connect"),
  /** The connection ended before any byte of an answer. */
  NO_RESPONSE("no_response"),
  /** The answer broke off in the middle. */
  BROKEN("broken"),
  /** The answer was not HTTP. */
  MALFORMED("malformed");

  private final String label;

  UpstreamFailure(String label) {
    this.label = label;
  }

  /** The {@code reason} tag of {@code lora_gateway_retries_total}. */
  public String label() {
    return label;
  }
}
