package dev.loragateway.upstream;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import javax.net.ssl.SSLException;

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

  /**
   * Returns whether it is the endpoint's fault that no connection could be made: too many open
   * files or no free port here say nothing about it.
   */
  public static boolean isOfEndpoint(Throwable cause) {
    return cause instanceof ConnectException
        || cause instanceof NoRouteToHostException
        || cause instanceof UnknownHostException
        || cause instanceof SSLException;
  }
}
