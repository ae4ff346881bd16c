package dev.loragateway.bench.discovery;

/**
 * How much is made and measured. Immutable.
 *
 * @param services with one EndpointSlice each
 * @param endpoints of each Service; one more comes and leaves
 * @param podKib KiB of filler in each pod
 * @param quietSeconds for which nothing changes while CPU is measured
 * @param writingSeconds for which pods are annotated at most
 * @param changes measured, of each kind
 * @param warmUp changes of each kind before those
 * @param seed of which Service changes when
 */
record Sizes(
    int services,
    int endpoints,
    int podKib,
    int quietSeconds,
    int writingSeconds,
    int changes,
    int warmUp,
    long seed) {
  /** An API server takes no more endpoints in a slice. */
  private static final int SLICE = 1000;

  private static final int SERVICES = 1000;

  private static final int POD_KIB = 200;

  /** The most that a gateway annotates. */
  private static final int PATCHES_PER_SECOND = 20;

  Sizes {
    within("--services", services, 1, SERVICES);
    within("--endpoints", endpoints, 1, SLICE - 1);
    within("--pod-kib", podKib, 0, POD_KIB);
    within("--quiet", quietSeconds, 1, 600);
    within("--writing", writingSeconds, 1, 600);
    within("--changes", changes, 1, 10_000);
    within("--warm-up", warmUp, 0, 10_000);
  }

  private static void within(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          option + " is " + value + " (expected: " + least + " to " + most + ")");
    }
  }

  int allEndpoints() {
    return services * endpoints;
  }

  /** Each endpoint has a pod, and so has the one that comes and leaves. */
  int allPods() {
    return services * (endpoints + 1);
  }

  /** Endpoints whose pods are not annotated to begin with: more than can be in the time. */
  int unannotated() {
    return Math.min(allEndpoints(), PATCHES_PER_SECOND * writingSeconds);
  }

  /** Whether this pod is one of those, which are spread evenly. */
  boolean isAnnotated(int service, int number) {
    long index = (long) service * endpoints + number;
    return number == endpoints
        || (index + 1) * unannotated() / allEndpoints() == index * unannotated() / allEndpoints();
  }
}
