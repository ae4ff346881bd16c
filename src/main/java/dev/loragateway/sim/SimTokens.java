package dev.loragateway.sim;

import com.fasterxml.jackson.databind.JsonNode;

/** Counts the tokens of a prompt: a token per four characters, at least one. Immutable. */
final class SimTokens {
  private static final int CHARACTERS_PER_TOKEN = 4;

  private SimTokens() {}

  /** Tokens of whatever a request has where its prompt stands: text, messages, or token ids. */
  static int count(JsonNode prompt) {
    return Math.max(1, ids(prompt) + characters(prompt) / CHARACTERS_PER_TOKEN);
  }

  private static int ids(JsonNode node) {
    int ids = node.isInt() ? 1 : 0;
    for (JsonNode child : node) {
      ids += ids(child);
    }
    return ids;
  }

  private static int characters(JsonNode node) {
    int characters = node.isTextual() ? node.textValue().length() : 0;
    for (JsonNode child : node) {
      characters += characters(child);
    }
    return characters;
  }
}
