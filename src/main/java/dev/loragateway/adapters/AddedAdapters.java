package dev.loragateway.adapters;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.loragateway.adapters.AdapterCatalog.Declared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The adapters that were added through the admin API, as a file keeps them from one start of the
 * gateway to the next. A file that cannot be read as such is never written over: what was read of
 * it last counts until it is mended. Blocks. Thread-safe.
 */
public final class AddedAdapters {
  private static final Logger log = LoggerFactory.getLogger(AddedAdapters.class);

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(JsonParser.Feature.ALLOW_COMMENTS)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .build();

  private final AdapterCatalog catalog;
  private @Nullable Path file;
  private Map<String, AdapterSpec> added = new TreeMap<>();

  /** Whether what is known is what the file held when it was last read or written. */
  private boolean read;

  /** Declares to this catalog, under {@link AdapterCatalog#API}. */
  public AddedAdapters(AdapterCatalog catalog) {
    this.catalog = catalog;
  }

  /** What became of a request to add or to remove an adapter. */
  public sealed interface Outcome {}

  /**
   * It is done, and kept in the file.
   *
   * @param isNew whether there was no such adapter before
   */
  public record Done(boolean isNew) implements Outcome {}

  /** There is no such adapter. */
  public record Unknown() implements Outcome {}

  /** Another origin declares the name. */
  public record Taken(String origin) implements Outcome {}

  /** There is no file to keep it in. */
  public record NotConfigured() implements Outcome {}

  /** The file cannot be used; the reason is for people. */
  public record Unusable(String reason) implements Outcome {}

  /** What a file holds, or why that cannot be told. */
  private sealed interface Loaded {}

  private record Held(Map<String, AdapterSpec> specs) implements Loaded {}

  private record Broken(String reason) implements Loaded {}

  /**
   * Uses a file from now on, and declares what it holds. An unreadable one is logged; then what was
   * declared before stays, and nothing that never was.
   *
   * @param next null = none
   */
  public synchronized void use(@Nullable Path next) {
    if (!Objects.equals(next, file)) {
      read = false;
    }
    file = next;
    if (next == null) {
      added = new TreeMap<>();
      return;
    }
    switch (load(next)) {
      case Held(Map<String, AdapterSpec> specs) -> take(specs);
      case Broken(String reason) ->
          log.error(
              "adapters.file: {} (nothing is added or removed until it is mended; {})",
              reason,
              read ? "what it held before stays" : "it declares nothing");
    }
  }

  private void take(Map<String, AdapterSpec> specs) {
    added = new TreeMap<>(specs);
    read = true;
    catalog.declare(
        AdapterCatalog.API,
        added.values().stream().map(spec -> new Declared(spec, AdapterCatalog.API)).toList());
  }

  /** Adds an adapter, or changes one that was added before. */
  public synchronized Outcome add(AdapterSpec spec) {
    Path at = file;
    if (at == null) {
      return new NotConfigured();
    }
    Declared other = catalog.current().adapters().get(spec.name());
    if (other != null && !other.origin().equals(AdapterCatalog.API)) {
      return new Taken(other.origin());
    }
    return switch (load(at)) {
      case Broken(String reason) -> new Unusable(reason);
      case Held(Map<String, AdapterSpec> specs) -> {
        Map<String, AdapterSpec> next = new TreeMap<>(specs);
        AdapterSpec before = next.put(spec.name(), spec);
        yield keep(at, next, new Done(before == null));
      }
    };
  }

  /** Removes an adapter that was added. */
  public synchronized Outcome remove(String name) {
    Path at = file;
    Declared declared = catalog.current().adapters().get(name);
    Outcome none = declared == null ? new Unknown() : new Taken(declared.origin());
    if (at == null) {
      return none;
    }
    return switch (load(at)) {
      case Broken(String reason) -> new Unusable(reason);
      case Held(Map<String, AdapterSpec> specs) -> {
        Map<String, AdapterSpec> next = new TreeMap<>(specs);
        yield next.remove(name) != null
            ? keep(at, next, new Done(false))
            : declared == null || declared.origin().equals(AdapterCatalog.API)
                ? new Unknown()
                : none;
      }
    };
  }

  private Outcome keep(Path at, Map<String, AdapterSpec> next, Done done) {
    try {
      SecretFile.write(at, render(next));
    } catch (IOException e) {
      log.error("adapters.file: {} cannot be written", at, e);
      return new Unusable(at + " cannot be written: " + e);
    }
    take(next);
    return done;
  }

  private static byte[] render(Map<String, AdapterSpec> specs) throws IOException {
    ObjectNode root = JSON.createObjectNode();
    ArrayNode list = root.putArray("adapters");
    specs.values().forEach(spec -> list.add(SpecJson.write(spec)));
    return JSON.writeValueAsBytes(root);
  }

  /** One that is not there holds nothing, unless it held something before. */
  private Loaded load(Path at) {
    try {
      return parse(at, JSON.readTree(Files.readAllBytes(at)));
    } catch (NoSuchFileException e) {
      if (read && !added.isEmpty()) {
        log.warn("adapters.file: {} is gone; what it held stays", at);
      }
      return new Held(read ? added : Map.of());
    } catch (JsonProcessingException e) {
      return new Broken(
          "%s is not valid JSON, line %d: %s"
              .formatted(
                  at,
                  e.getLocation() == null ? 0 : e.getLocation().getLineNr(),
                  e.getOriginalMessage().replaceFirst(" \\(start marker .*", "")));
    } catch (IOException e) {
      return new Broken(at + " cannot be read: " + e);
    }
  }

  private static Loaded parse(Path at, JsonNode root) {
    if (!root.isObject() || root.size() != 1 || !root.path("adapters").isArray()) {
      return new Broken(at + " is no list of adapters (expected: {\"adapters\": [ … ]})");
    }
    Map<String, AdapterSpec> specs = new TreeMap<>();
    for (JsonNode item : root.path("adapters")) {
      String place = at + ": adapters[" + specs.size() + "]: ";
      switch (SpecJson.read(item)) {
        case SpecJson.Wrong(String _, String message) -> {
          return new Broken(place + message);
        }
        case SpecJson.Good(AdapterSpec spec) -> {
          if (specs.put(spec.name(), spec) != null) {
            return new Broken(place + spec.name() + " is there twice");
          }
        }
      }
    }
    return new Held(specs);
  }
}
