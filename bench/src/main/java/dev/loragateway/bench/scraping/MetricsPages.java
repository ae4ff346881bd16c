package dev.loragateway.bench.scraping;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * Pages of a real vLLM 0.32, 55 KB, with values of their own: only the time at which the server
 * started is the same on all. Immutable.
 *
 * @param busy some requests run
 * @param idle none do, and none did of late
 */
public record MetricsPages(List<byte[]> busy, List<byte[]> idle) {
  /** Copies both lists. */
  public MetricsPages {
    busy = List.copyOf(busy);
    idle = List.copyOf(idle);
  }

  /** Makes so many pages of each kind. */
  public static MetricsPages of(int count, RandomGenerator random) throws IOException {
    String recorded = recorded();
    List<byte[]> busy = new ArrayList<>();
    List<byte[]> idle = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      busy.add(page(recorded, true, random));
      idle.add(page(recorded, false, random));
    }
    return new MetricsPages(busy, idle);
  }

  private static String recorded() throws IOException {
    try (InputStream in = MetricsPages.class.getResourceAsStream("/metrics/vllm-0.32.txt")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), UTF_8);
    }
  }

  private static byte[] page(String recorded, boolean busy, RandomGenerator random) {
    return recorded
        .lines()
        .map(line -> line.startsWith("#") ? line : sample(line, busy, random))
        .collect(Collectors.joining("\n", "", "\n"))
        .getBytes(UTF_8);
  }

  private static String sample(String line, boolean busy, RandomGenerator random) {
    int value = line.lastIndexOf(' ') + 1;
    String name = line.substring(0, value);
    if (name.startsWith("process_start_time_seconds")) {
      return line;
    }
    if (name.startsWith("vllm:num_requests_")) {
      return name + (busy ? random.nextInt(1, 10) : 0) + ".0";
    }
    if (name.startsWith("vllm:lora_requests_info")) {
      return line.substring(0, value + "1.7955586".length()) + random.nextInt(1_000_000) + "e+09";
    }
    if (name.startsWith("vllm:kv_cache_usage_perc")) {
      return name + random.nextDouble();
    }
    return String.format(Locale.ROOT, "%s%d.0", name, random.nextInt(100_000));
  }
}
