package dev.loragateway.openai;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.loragateway.model.ModelCard;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code GET /v1/models}, read from model servers and written for clients, with vLLM's
 * further members {@code root}, {@code parent} and {@code max_model_len}. Thread-safe.
 */
public final class ModelList {
  /** More cards than any server holds; a longer list is a fault. */
  public static final int MAX_CARDS = 100_000;

  private ModelList() {}

  /**
   * The cards of a list, in its order. Unknown members, members that are null and cards that are
   * null are passed over; {@code "data": null} is an empty list.
   *
   * @throws IOException when the body is malformed; says what stood where and what was expected
   */
  public static List<ModelCard> parse(byte[] json) throws IOException {
    try (JsonParser parser = Json.FACTORY.createParser(json)) {
      expect(parser.nextToken() == JsonToken.START_OBJECT, parser, "an object");
      List<ModelCard> cards = null;
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean isData = parser.currentName().equals("data");
        parser.nextToken();
        if (isData) {
          cards = cards(parser);
        } else {
          parser.skipChildren();
        }
      }
      if (cards == null) {
        throw new IOException("Invalid model list: no data (expected: an array named data)");
      }
      expect(parser.nextToken() == null, parser, "nothing after the object");
      return cards;
    }
  }

  /** The list as JSON in UTF-8, in the order given. */
  public static byte[] renderList(Collection<ModelCard> cards) {
    return Json.bytes(
        json -> {
          json.writeStartObject();
          json.writeStringField("object", "list");
          json.writeArrayFieldStart("data");
          for (ModelCard card : cards) {
            write(json, card);
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  /** One card as JSON in UTF-8: the body of {@code GET /v1/models/{id}}. */
  public static byte[] renderOne(ModelCard card) {
    return Json.bytes(json -> write(json, card));
  }

  private static void write(JsonGenerator json, ModelCard card) throws IOException {
    json.writeStartObject();
    Json.member(json, "id", card.id());
    json.writeStringField("object", "model");
    json.writeNumberField("created", card.created());
    json.writeStringField("owned_by", "lora-gateway");
    Json.member(json, "root", card.root());
    Json.member(json, "parent", card.parent());
    if (card.isAdapter() || card.maxModelLen() == 0) {
      json.writeNullField("max_model_len");
    } else {
      json.writeNumberField("max_model_len", card.maxModelLen());
    }
    json.writeEndObject();
  }

  private static List<ModelCard> cards(JsonParser parser) throws IOException {
    List<ModelCard> cards = new ArrayList<>();
    if (parser.currentToken() == JsonToken.VALUE_NULL) {
      return cards;
    }
    expect(parser.currentToken() == JsonToken.START_ARRAY, parser, "an array of models");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() != JsonToken.VALUE_NULL) {
        expect(cards.size() < MAX_CARDS, parser, "at most " + MAX_CARDS + " models");
        cards.add(card(parser));
      }
    }
    return cards;
  }

  private static ModelCard card(JsonParser parser) throws IOException {
    expect(parser.currentToken() == JsonToken.START_OBJECT, parser, "a model object");
    String id = null;
    String parent = null;
    String root = null;
    long created = 0;
    int maxModelLen = 0;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      switch (name) {
        case "id" -> id = text(parser);
        case "parent" -> parent = text(parser);
        case "root" -> root = text(parser);
        case "created" -> created = number(parser);
        case "max_model_len" -> maxModelLen = (int) Math.min(Integer.MAX_VALUE, number(parser));
        default -> parser.skipChildren();
      }
    }
    if (id == null) {
      String at = parser.currentTokenLocation().offsetDescription();
      throw new IOException("Invalid model list at " + at + ": no id (expected: a name)");
    }
    return new ModelCard(id, parent, root, created, maxModelLen);
  }

  /** The current string; null for an empty one or any other value. */
  private static @Nullable String text(JsonParser parser) throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      parser.skipChildren();
      return null;
    }
    String text = parser.getText();
    return text.isEmpty() ? null : text;
  }

  /** The current number without its fraction; 0 for a negative one or any other value. */
  private static long number(JsonParser parser) throws IOException {
    if (!parser.currentToken().isNumeric()) {
      parser.skipChildren();
      return 0;
    }
    return Math.max(0, (long) parser.getDoubleValue());
  }

  private static void expect(boolean fine, JsonParser parser, String expected) throws IOException {
    if (!fine) {
      JsonToken token = parser.currentToken();
      String found = token == null ? "the end" : token.name().toLowerCase(Locale.ROOT);
      String at = parser.currentTokenLocation().offsetDescription();
      throw new IOException(
          "Invalid model list at " + at + ": " + found + " (expected: " + expected + ")");
    }
  }
}
