package dev.loragateway.proxy;

import dev.loragateway.model.GatewayError;
import dev.loragateway.routing.Pick;
import dev.loragateway.upstream.UpstreamFailure;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a client is told whose request comes to nothing in the gateway. Immutable.
 *
 * @param error the kind, which gives status and code
 * @param message for a person: what was wrong, and what was expected
 * @param retryAfter after which trying again may help; zero when that is not known
 */
record Rejection(GatewayError error, String message, Duration retryAfter) {

  static final String SHUTTING_DOWN = "the gateway is shutting down";

  Rejection(GatewayError error, String message) {
    this(error, message, Duration.ZERO);
  }

  static Rejection unknownModel(String model) {
    return new Rejection(
        GatewayError.MODEL_NOT_FOUND,
        "The model `" + model + "` does not exist or you do not have access to it.");
  }

  /** Before every pool has told its models, a name that is not known may still turn out to be. */
  static Rejection notKnownYet(String model) {
    return new Rejection(
        GatewayError.NO_ENDPOINT_READY,
        "`" + model + "` is not known yet: a pool was not scraped so far, try again");
  }

  static Rejection unknownResponse(String id) {
    return new Rejection(
        GatewayError.RESPONSE_NOT_FOUND, "Response with id '" + id + "' not found.");
  }

  /** No endpoint of the model is up; {@code last} is how the last attempt failed, if there was. */
  static Rejection noneReady(String model, @Nullable UpstreamFailure last) {
    return last != null
        ? new Rejection(
            GatewayError.UPSTREAM_FAILED,
            "No endpoint of `" + model + "` answered (" + last.label() + ")")
        : new Rejection(
            GatewayError.NO_ENDPOINT_READY,
            "No endpoint that serves `" + model + "` is up, try again");
  }

  static Rejection saturated(String model) {
    return new Rejection(GatewayError.SATURATED, allSaturated(model) + ", try again");
  }

  static Rejection overloaded(String resource) {
    return new Rejection(
        GatewayError.OVERLOADED, "The gateway is short of " + resource + ", try again later");
  }

  static Rejection overLimit(String key, String limit, Duration retryAfter) {
    return new Rejection(
        GatewayError.KEY_LIMIT,
        "Rate limit reached for key `" + key + "`: " + limit + ". Try again later.",
        retryAfter);
  }

  static Rejection queueFull(String model, Pick.QueueFull full) {
    return new Rejection(
        GatewayError.SATURATED, allSaturated(model) + ", the queue is full", full.retryAfter());
  }

  static Rejection tooLate(String model, Pick.TooLate late, boolean waited) {
    String wait = waited ? ", no place came free in time" : ", the wait is too long";
    return new Rejection(GatewayError.QUEUE_TIMEOUT, allSaturated(model) + wait, late.expected());
  }

  private static String allSaturated(String model) {
    return "Every endpoint that serves `" + model + "` is saturated";
  }

  static Rejection upstreamFailed(String address, Throwable cause) {
    GatewayError error =
        switch (cause) {
          case ConnectTimeoutException _ -> GatewayError.CONNECT_TIMEOUT;
          case SslHandshakeTimeoutException _ -> GatewayError.TLS_TIMEOUT;
          default -> GatewayError.UPSTREAM_FAILED;
        };
    return new Rejection(error, "the model server " + address + " failed: " + cause.getMessage());
  }
}
