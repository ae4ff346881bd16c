package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** Jackson's streaming side as this package uses it. Thread-safe. */
final class Json {
  /** Names from outside are not interned: they must not fill a table that lives forever. */
  static final JsonFactory FACTORY =
      JsonFactory.builder().disable(JsonFactory.Feature.INTERN_FIELD_NAMES).build();

  /** Something that writes itself. */
  interface Content {
    void write(JsonGenerator json) throws IOException;
  }

  private Json() {}

  /** The content as UTF-8. */
  static byte[] bytes(Content content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    try (JsonGenerator json = FACTORY.createGenerator(out)) {
      content.write(json);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return out.toByteArray();
  }

  /** Writes a string or null; an unpaired surrogate, which UTF-8 cannot hold, becomes a '?'. */
  static void member(JsonGenerator json, String name, @Nullable String value) throws IOException {
    if (value == null) {
      json.writeNullField(name);
    } else {
      json.writeStringField(name, paired(value));
    }
  }

  /** The text as a JSON string in UTF-8, quotes included, escaped no more than it must be. */
  static byte[] quoted(String text) {
    return bytes(json -> json.writeString(paired(text)));
  }

  private static String paired(String text) {
    return new String(text.getBytes(UTF_8), UTF_8);
  }
}
