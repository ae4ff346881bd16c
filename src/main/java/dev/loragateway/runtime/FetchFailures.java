package dev.loragateway.runtime;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * What went wrong between us and a source, in our own words: those of libraries may have in them
 * what was sent and what was answered. Stateless.
 */
final class FetchFailures {
  private FetchFailures() {}

  /**
   * What a caller is told.
   *
   * @param source as it may be shown
   */
  static ProblemException of(String source, Exception failed) {
    boolean late = false;
    String why = "it broke off (" + failed.getClass().getSimpleName() + ")";
    for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
      late |= cause instanceof HttpTimeoutException || cause instanceof SocketTimeoutException;
      String words = words(cause);
      why = words == null ? why : words;
    }
    return late
        ? new ProblemException(
            Problem.FETCH_TIMEOUT, source + ": it did not answer in time", failed)
        : new ProblemException(Problem.FETCH_FAILED, source + ": " + why, failed);
  }

  private static @Nullable String words(Throwable cause) {
    return switch (cause) {
      case UnknownHostException e -> "its name is not known";
      case UnresolvedAddressException e -> "its name is not known";
      case ConnectException e -> "it cannot be reached";
      case NoRouteToHostException e -> "it cannot be reached";
      // of the handshake and the certificates, never of what is sent
      case SSLException e -> "TLS: " + e.getMessage();
      default -> null;
    };
  }
}
