package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClientException;

/**
 * Why a request to an API server failed. Immutable.
 *
 * @param code the answer's status; 0 without an answer
 * @param reason the status and the API server's own words; without an answer the first cause
 */
record Failure(int code, String reason) {
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;
  private static final int INVALID = 422;

  /**
   * Why watching failed. The API server's words name the verb and the resource that an account may
   * not use, but for a refused watch they do not come through.
   */
  static Failure ofWatching(String resource, Throwable failed) {
    Failure why = of(failed);
    return why.code == FORBIDDEN && !why.reason.contains("cannot ")
        ? new Failure(why.code, why.reason + ": cannot watch resource \"" + resource + "\"")
        : why;
  }

  static Failure of(Throwable failed) {
    Throwable at = failed;
    while (true) {
      if (at instanceof KubernetesClientException e && e.getCode() > 0) {
        return new Failure(e.getCode(), e.getCode() + " " + words(e));
      }
      if (at.getCause() == null) {
        return new Failure(0, String.valueOf(at.getMessage() == null ? at : at.getMessage()));
      }
      at = at.getCause();
    }
  }

  private static String words(KubernetesClientException answer) {
    boolean told = answer.getStatus() != null && answer.getStatus().getMessage() != null;
    return told ? answer.getStatus().getMessage() : String.valueOf(answer.getMessage());
  }

  /**
   * The object is not there, or another one has its name: its UID differs, and cannot be changed.
   */
  boolean isGone() {
    return code == NOT_FOUND || (code == INVALID && reason.contains("metadata.uid"));
  }

  boolean isForbidden() {
    return code == FORBIDDEN;
  }

  /** Somebody else was faster. */
  boolean isConflict() {
    return code == CONFLICT;
  }
}
