package dev.loragateway.bench.live;

import java.util.List;
import java.util.Objects;

/**
 * What came of one policy; only requests that are due after the warm-up count. Immutable.
 *
 * @param policy its name
 * @param sent requests
 * @param answers of the requests
 * @param seen by the servers
 * @param warmUpFailures requests of the warm-up that failed
 * @param learned the gateway's learned times at the end, as JSON, one for each server
 */
record LiveResult(
    String policy,
    int sent,
    List<Answer> answers,
    Seen seen,
    int warmUpFailures,
    List<String> learned) {

  LiveResult {
    answers = List.copyOf(answers);
    learned = List.copyOf(learned);
  }

  /** Why requests failed, one text for each that did. */
  List<String> failures() {
    return answers.stream().map(Answer::failure).filter(Objects::nonNull).toList();
  }

  /** Whether each request was answered to the end, and seen by one server unless retried. */
  boolean clean() {
    return failures().isEmpty()
        && warmUpFailures == 0
        && answers.size() == sent
        && seen.requests() >= sent
        && seen.requests() <= sent + retried()
        && seen.aborted() == 0;
  }

  double hitRate() {
    return (double) seen.hits() / Math.max(1, seen.requests());
  }

  /** Requests that waited in the gateway. */
  long held() {
    return answers.stream().filter(answer -> answer.heldMs() > 0).count();
  }

  /** Attempts beyond the first. */
  int retried() {
    return answers.stream().mapToInt(answer -> Math.max(0, answer.attempts() - 1)).sum();
  }

  /** A quantile of the time to the first token, in milliseconds, of the answered requests. */
  double firstToken(double quantile) {
    double[] sorted =
        answers.stream()
            .filter(answer -> answer.failure() == null)
            .mapToDouble(Answer::firstTokenMs)
            .sorted()
            .toArray();
    int at = (int) Math.ceil(quantile * sorted.length) - 1;
    return sorted.length == 0 ? Double.NaN : sorted[Math.clamp(at, 0, sorted.length - 1)];
  }

  /** The share of requests whose first token came in time. */
  double within(double ms) {
    long count =
        answers.stream()
            .filter(answer -> answer.failure() == null && answer.firstTokenMs() <= ms)
            .count();
    return (double) count / Math.max(1, sent);
  }
}
