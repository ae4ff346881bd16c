package dev.loragateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.loragateway.adapters.AdapterSource;
import dev.loragateway.adapters.AdapterSpec;
import dev.loragateway.adapters.AliasShare;
import dev.loragateway.adapters.Preferences;
import dev.loragateway.adapters.Replicas;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;

/** Files of adapters as PEFT writes them, which look as if they had been there for long. */
record AdapterFolder(Path root) {
  private static final int RANK = 8;

  /** Writes an adapter; another {@code content} makes another revision. */
  Path write(String name, int content) {
    return write(name, content, RANK);
  }

  Path write(String name, int content, int rank) {
    String config =
        """
        {"peft_type":"LORA","r":%d,"lora_alpha":16,"target_modules":["q_proj"],"bias":"none",
         "base_model_name_or_path":"base"}
        """
            .formatted(rank);
    String header =
        """
        {"base_model.model.q_proj.lora_A.weight":\
        {"dtype":"F32","shape":[%d,1],"data_offsets":[0,%d]}}\
        """
            .formatted(RANK, RANK * 4);
    byte[] json = header.getBytes(UTF_8);
    ByteBuffer weights = ByteBuffer.allocate(Long.BYTES + json.length + RANK * 4);
    weights.order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json).putInt(content);
    try {
      Path directory = Files.createDirectories(root.resolve(name));
      put(directory.resolve("adapter_config.json"), config.getBytes(UTF_8), content);
      put(directory.resolve("adapter_model.safetensors"), weights.array(), content);
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void put(Path file, byte[] bytes, int content) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".next");
    Files.write(next, bytes);
    Instant written = Instant.parse("2026-01-01T00:00:00Z").plusSeconds(content);
    Files.setLastModifiedTime(next, FileTime.from(written));
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** An adapter that was written here, on so many endpoints. */
  AdapterSpec spec(String name, String replicas, AliasShare... aliases) {
    return new AdapterSpec(
        name,
        "base",
        AdapterSource.directory(root.resolve(name)),
        Replicas.parse(replicas),
        Preferences.NONE,
        List.of(aliases));
  }
}
