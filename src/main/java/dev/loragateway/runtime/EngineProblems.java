package dev.loragateway.runtime;

import dev.loragateway.adapters.EngineAnswer;

/** What callers are told when the engine does not do what it is told. Stateless. */
final class EngineProblems {
  private EngineProblems() {}

  static ProblemException notLoaded(EngineAnswer answer) {
    if (answer.saysNoRoute()) {
      return failed(EngineAnswer.NO_ROUTE);
    }
    String said = answer.message();
    return switch (answer.status()) {
      case 401, 403 -> keyRefused();
      case 404 ->
          failed(
              "the engine finds no adapter there: %s (expected: it sees the same directory;"
                      .formatted(said)
                  + " see --engine-directory)");
      case 400, 422 ->
          new ProblemException(Problem.ENGINE_REFUSED, "the engine refuses it: " + said);
      default -> failed("the engine has not loaded it: " + answer.status() + " " + said);
    };
  }

  static ProblemException notUnloaded(EngineAnswer answer) {
    if (answer.saysNoRoute()) {
      return failed(EngineAnswer.NO_ROUTE);
    }
    return answer.status() == 401 || answer.status() == 403
        ? keyRefused()
        : failed("the engine has not unloaded it: " + answer.status() + " " + answer.message());
  }

  private static ProblemException keyRefused() {
    return failed("the engine wants another key (expected: --engine-api-key-file)");
  }

  private static ProblemException failed(String what) {
    return new ProblemException(Problem.ENGINE_FAILED, what);
  }
}
