package dev.loragateway.bench.adapters;

import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Simulated servers, and the files of the adapters that they can load. Confined to one thread. */
final class Servers implements AutoCloseable {
  private static final int SLOTS = 8;
  private static final long DISK = 1_000_000_000;
  private static final int RANK = 8;

  private final List<SimulatedServer> servers = new ArrayList<>();

  /** Starts so many, whose loads of one of so many adapters take a while. */
  Servers(int count, int adapters, int loadMillis) {
    Map<String, Long> loadable = new LinkedHashMap<>();
    for (int i = 0; i < adapters; i++) {
      loadable.put(name(i), DISK / 1000 * loadMillis);
    }
    SimSettings settings =
        SimSettings.of("base")
            .withLoadable(loadable)
            .withSlots(SLOTS, 4 * SLOTS)
            .withDiskBytesPerSecond(DISK)
            .withTokenTime(Duration.ofMillis(5));
    for (int i = 0; i < count; i++) {
      servers.add(SimulatedServer.start(settings));
    }
  }

  static String name(int adapter) {
    return "lora-" + adapter;
  }

  /** Writes their files, each with other weights. */
  static void write(Path directory, int adapters) throws IOException {
    String config =
        "{\"peft_type\":\"LORA\",\"r\":%d,\"target_modules\":[\"q_proj\"]}".formatted(RANK);
    String header =
        "{\"q_proj.lora_A.weight\":{\"dtype\":\"F32\",\"shape\":[%d,1],\"data_offsets\":[0,%d]}}"
            .formatted(RANK, 4 * RANK);
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < adapters; i++) {
      Path adapter = Files.createDirectories(directory.resolve(name(i)));
      ByteBuffer weights = ByteBuffer.allocate(Long.BYTES + json.length + 4 * RANK);
      weights.order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json).putInt(i);
      put(adapter.resolve("adapter_config.json"), config.getBytes(StandardCharsets.UTF_8));
      put(adapter.resolve("adapter_model.safetensors"), weights.array());
    }
  }

  /** As if it had been there for long. */
  private static void put(Path file, byte[] bytes) throws IOException {
    Files.write(file, bytes);
    Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
  }

  List<SimulatedServer> all() {
    return servers;
  }

  /** Their URLs, as a list of the configuration has them. */
  String urls() {
    return servers.stream()
        .map(server -> "\"http://" + server.address() + "\"")
        .collect(Collectors.joining(", "));
  }

  @Override
  public void close() {
    servers.forEach(SimulatedServer::close);
  }
}
