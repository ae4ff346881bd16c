package dev.loragateway.runtime;

/** The bytes that are in use on the volume, or are about to be. Thread-safe. */
final class Space {
  /** Makes room by deleting what nobody uses. */
  interface Collector {
    void collect(long bytes);
  }

  private final long most;
  private final Collector collector;
  private long used;

  Space(long most, Collector collector) {
    this.most = most;
    this.collector = collector;
  }

  /**
   * Takes bytes before they are written.
   *
   * @throws ProblemException if they do not fit, also after what is not in use was deleted
   */
  void reserve(long bytes) throws ProblemException {
    if (take(bytes)) {
      return;
    }
    collector.collect(bytes);
    if (!take(bytes)) {
      throw new ProblemException(
          Problem.INSUFFICIENT_STORAGE,
          "the volume may hold %d bytes, and what it holds is in use".formatted(most));
    }
  }

  private synchronized boolean take(long bytes) {
    if (bytes > most - used) {
      return false;
    }
    used += bytes;
    return true;
  }

  /** What is there already, which may be more than is allowed. */
  synchronized void add(long bytes) {
    used += bytes;
  }

  synchronized void release(long bytes) {
    used -= bytes;
  }

  synchronized long used() {
    return used;
  }
}
