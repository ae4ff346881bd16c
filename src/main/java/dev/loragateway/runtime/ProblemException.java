package dev.loragateway.runtime;

import java.io.IOException;

/** Something that a caller is told. The message has no secrets in it. Immutable. */
final class ProblemException extends IOException {
  private static final long serialVersionUID = 1;

  private final Problem problem;

  ProblemException(Problem problem, String message) {
    super(message);
    this.problem = problem;
  }

  ProblemException(Problem problem, String message, Throwable cause) {
    super(message, cause);
    this.problem = problem;
  }

  Problem problem() {
    return problem;
  }

  String text() {
    return String.valueOf(getMessage());
  }
}
