package dev.loragateway.sim;

import java.time.Duration;

/**
 * The bus between host memory and the GPU. A transfer takes its bytes divided by the usable rate of
 * sixteen lanes, so 100 MB take 4.2 ms on the fourth generation. Immutable.
 */
public enum Pcie {
  /** 12 GB/s. */
  GEN3(12_000_000_000L),
  /** 24 GB/s. */
  GEN4(24_000_000_000L),
  /** 48 GB/s. */
  GEN5(48_000_000_000L);

  private final long bytesPerSecond;

  Pcie(long bytesPerSecond) {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** How long it takes to copy this many bytes. */
  public Duration transfer(long bytes) {
    return Duration.ofNanos(Math.round(bytes * 1e9 / bytesPerSecond));
  }
}
