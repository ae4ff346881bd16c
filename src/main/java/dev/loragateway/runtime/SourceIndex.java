package dev.loragateway.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What each source had when it was asked last. Kept on the volume; what is lost of it is fetched
 * again. Keys are hashes, so that no URL with a secret is written. Thread-safe.
 */
final class SourceIndex {
  /**
   * One source.
   *
   * @param source as it may be shown
   * @param content hash of the artifact
   * @param validator what the source called this version; null = it did not say
   * @param fixed whether it can never have another content
   */
  record Entry(String source, String content, @Nullable String validator, boolean fixed) {}

  private static final Logger log = LoggerFactory.getLogger(SourceIndex.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST = 10_000;

  private final Volume volume;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  private SourceIndex(Volume volume) {
    this.volume = volume;
  }

  static SourceIndex open(Volume volume) {
    SourceIndex index = new SourceIndex(volume);
    try {
      if (Files.exists(volume.index())) {
        index.read(JSON.readTree(Files.readAllBytes(volume.index())));
      }
    } catch (IOException e) {
      log.warn("{} cannot be read, and begins anew: {}", volume.index(), e.getMessage());
    }
    return index;
  }

  private synchronized void read(JsonNode json) {
    for (Map.Entry<String, JsonNode> field : json.properties()) {
      JsonNode entry = field.getValue();
      if (entry.path("content").isTextual()) {
        entries.put(
            field.getKey(),
            new Entry(
                entry.path("source").asText(""),
                entry.path("content").asText(),
                entry.path("validator").isTextual() ? entry.path("validator").asText() : null,
                entry.path("fixed").asBoolean()));
      }
    }
  }

  synchronized @Nullable Entry get(String key) {
    return entries.get(key);
  }

  synchronized void put(String key, Entry entry) {
    if (entry.equals(entries.get(key))) {
      return;
    }
    entries.remove(key);
    entries.put(key, entry);
    if (entries.size() > MOST) {
      entries.remove(entries.keySet().iterator().next());
    }
    write();
  }

  synchronized List<Entry> list() {
    return new ArrayList<>(entries.values());
  }

  private void write() {
    ObjectNode json = JSON.createObjectNode();
    entries.forEach(
        (key, entry) ->
            json.putObject(key)
                .put("source", entry.source())
                .put("content", entry.content())
                .put("validator", entry.validator())
                .put("fixed", entry.fixed()));
    try {
      volume.replace(volume.index(), json.toPrettyString());
    } catch (IOException e) {
      log.warn("{} cannot be written: {}", volume.index(), e.getMessage());
    }
  }
}
