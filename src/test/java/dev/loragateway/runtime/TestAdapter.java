package dev.loragateway.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An adapter of rank 8 that engines can load. Immutable.
 *
 * @param files their contents by their names
 */
record TestAdapter(Map<String, byte[]> files) {
  static final String CONFIG = "adapter_config.json";
  static final String WEIGHTS = "adapter_model.safetensors";
  private static final String CONFIG_TEXT =
      """
      {"peft_type":"LORA","r":8,"lora_alpha":16,"target_modules":["q_proj","v_proj"],"bias":"none",
       "base_model_name_or_path":"base"}
      """;

  /** One whose weights differ from those with another seed. */
  static TestAdapter of(int seed) {
    return of(seed, 128);
  }

  /** One with so many bytes of weights; a multiple of 16. */
  static TestAdapter of(int seed, int bytes) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put(CONFIG, CONFIG_TEXT.getBytes(UTF_8));
    files.put(WEIGHTS, weights(seed, bytes));
    return new TestAdapter(files);
  }

  private static byte[] weights(int seed, int bytes) {
    String header =
        "{\"m.lora_A.weight\":{\"dtype\":\"F16\",\"shape\":[8,%d],\"data_offsets\":[0,%d]}}"
            .formatted(bytes / 16, bytes);
    byte[] json = header.getBytes(UTF_8);
    byte[] values = new byte[bytes];
    Arrays.fill(values, (byte) seed);
    return ByteBuffer.allocate(Long.BYTES + json.length + bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .put(values)
        .array();
  }

  TestAdapter with(String name, String content) {
    Map<String, byte[]> more = new LinkedHashMap<>(files);
    more.put(name, content.getBytes(UTF_8));
    return new TestAdapter(more);
  }

  TestAdapter without(String name) {
    Map<String, byte[]> fewer = new LinkedHashMap<>(files);
    fewer.remove(name);
    return new TestAdapter(fewer);
  }

  byte[] file(String name) {
    return files.get(name);
  }

  /** Writes it into a directory. */
  Path write(Path directory) throws IOException {
    Files.createDirectories(directory);
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Files.write(directory.resolve(file.getKey()), file.getValue());
    }
    return directory;
  }

  /** What its artifact is called. */
  String sha256() {
    Map<String, ContentHash.FileHash> hashes = new LinkedHashMap<>();
    files.forEach(
        (name, bytes) -> {
          if (KeptFiles.keeps(name)) {
            hashes.put(name, new ContentHash.FileHash(bytes.length, sha256(bytes)));
          }
        });
    return ContentHash.of(hashes);
  }

  static String sha256(byte[] bytes) {
    return ContentHash.hex(ContentHash.sha256().digest(bytes));
  }

  long bytes() {
    return files.values().stream().mapToLong(bytes -> bytes.length).sum();
  }
}
