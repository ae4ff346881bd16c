package dev.loragateway.bench.routing;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/**
 * What the simulated model servers are like: vLLM's engine loop in numbers. Times are in
 * milliseconds. Immutable.
 *
 * @param maxNumSeqs batch places ({@code --max-num-seqs})
 * @param maxBatchedTokens tokens of one step, prompts and answers together ({@code
 *     --max-num-batched-tokens}); longer prompts are prefilled in pieces
 * @param kvTokens capacity of the KV cache
 * @param stepMs a step's time whatever is in it
 * @param perSeqMs added to it for each request in the batch
 * @param perRankMs added to it for each rank above 16 of the largest adapter in the batch; 0 =
 *     ranks cost nothing
 * @param prefillMs added to it for each prompt token
 * @param cpuSwapMs a swap from host memory to a GPU slot, whatever its size
 * @param cpuSwapMsPerMb and for each megabyte; 0.042 is PCIe 4.0 x16 at 24 GB/s
 * @param diskSwapMs a load from disk to host memory, whatever its size
 * @param diskSwapMsPerMb and for each megabyte; 0.5 is a disk with 2 GB/s
 * @param adapterMb weights of an adapter of rank 16
 * @param cpuSlotFactor CPU slots ({@code --max-cpu-loras}) for each GPU slot
 * @param reportsIdle whether the metrics tell when each adapter was last active, as vLLM's do
 * @param reportsLoaded whether they tell which adapters are loaded, as vLLM's will
 * @param liveGauges whether the metrics are as of now rather than, as vLLM's, as of the last step's
 *     end; it flatters policies that believe them
 * @param networkMs one way between gateway and server
 * @param scrapeMs time between two scrapes
 * @param scrapeAnswerMs from a scrape's request to its answer
 */
record ServerModel(
    int maxNumSeqs,
    int maxBatchedTokens,
    int kvTokens,
    double stepMs,
    double perSeqMs,
    double perRankMs,
    double prefillMs,
    double cpuSwapMs,
    double cpuSwapMsPerMb,
    double diskSwapMs,
    double diskSwapMsPerMb,
    double adapterMb,
    double cpuSlotFactor,
    boolean reportsIdle,
    boolean reportsLoaded,
    boolean liveGauges,
    double networkMs,
    double scrapeMs,
    double scrapeAnswerMs) {

  static final ServerModel DEFAULTS =
      new ServerModel(
          16, 2048, 65_536, 20, 0, 0.05, 0.05, 0, 0.042, 0, 0.5, 100, 4, true, false, false, 0.3,
          500, 5);

  /** The model with the named values replaced. */
  ServerModel with(Map<String, String> values) {
    return Overrides.apply(this, values);
  }

  /** The defaults with what a properties file sets ({@code stepMs = 11.5}). */
  static ServerModel load(Path file) throws IOException {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    }
    Map<String, String> values = new HashMap<>();
    properties.stringPropertyNames().forEach(k -> values.put(k, properties.getProperty(k)));
    return DEFAULTS.with(values);
  }

  /** CPU slots of a server. */
  int cpuSlots(int gpuSlots) {
    return Math.max(gpuSlots, (int) Math.round(cpuSlotFactor * gpuSlots));
  }

  long cpuSwapNanos(double mb) {
    return nanos(cpuSwapMs + cpuSwapMsPerMb * mb);
  }

  long diskSwapNanos(double mb) {
    return nanos(diskSwapMs + diskSwapMsPerMb * mb);
  }

  static long nanos(double millis) {
    return Math.round(millis * 1e6);
  }
}
