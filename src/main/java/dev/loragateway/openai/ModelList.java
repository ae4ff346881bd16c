package dev.loragateway.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.loragateway.model.ModelCard;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the answer of {@code /v1/models}. Thread-safe. */
public final class ModelList {
  private static final JsonMapper JSON = new JsonMapper();

  private ModelList() {}

  /**
   * The models that a server lists.
   *
   * @throws IOException if the body is not a list of models
   */
  public static List<ModelCard> parse(byte[] body) throws IOException {
    JsonNode data = JSON.readTree(body).path("data");
    if (!data.isArray()) {
      throw new IOException("no \"data\" array in the list of models");
    }
    List<ModelCard> cards = new ArrayList<>(data.size());
    for (JsonNode card : data) {
      cards.add(
          new ModelCard(
              card.path("id").asText(),
              text(card, "parent"),
              text(card, "root"),
              card.path("created").asLong(),
              card.path("max_model_len").asInt()));
    }
    return List.copyOf(cards);
  }

  private static @Nullable String text(JsonNode card, String field) {
    JsonNode value = card.path(field);
    return value.isTextual() ? value.asText() : null;
  }
}
