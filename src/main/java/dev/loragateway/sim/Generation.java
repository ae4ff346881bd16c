package dev.loragateway.sim;

/**
 * What one generated answer consists of. Its text is the model's name and then numbers, a word a
 * token. Immutable.
 *
 * @param id unique part of the answer's id
 * @param created unix seconds
 * @param model the name that the request used
 * @param promptTokens tokens of the prompt
 * @param outputTokens tokens of each choice
 * @param limited whether the client's limit ended the answer
 * @param choices how many alternatives, all alike
 * @param includeUsage whether a stream ends with an event that holds the usage
 */
record Generation(
    String id,
    long created,
    String model,
    int promptTokens,
    int outputTokens,
    boolean limited,
    int choices,
    boolean includeUsage) {

  String token(int index) {
    return index == 0 ? model : " " + index;
  }

  String text() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < outputTokens; i++) {
      text.append(token(i));
    }
    return text.toString();
  }

  String finishReason() {
    return limited ? "length" : "stop";
  }

  int completionTokens() {
    return outputTokens * choices;
  }
}
