package dev.loragateway.server;

/** What SIGTERM and SIGINT do: an orderly stop, after which the process exits with 0. Stateless. */
final class Shutdown {
  private Shutdown() {}

  /**
   * Runs {@code stop} at the first signal; {@code halt} keeps the exit code from being the
   * signal's.
   */
  static void on(Runnable stop) {
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("shutdown")
                .unstarted(
                    () -> {
                      stop.run();
                      Runtime.getRuntime().halt(0);
                    }));
  }
}
