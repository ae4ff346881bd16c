package dev.loragateway.openai;

import org.jspecify.annotations.Nullable;

/**
 * What routing needs to know of a request body. Immutable.
 *
 * @param model the model's name, decoded: 1 to 1024 bytes of UTF-8 without control characters
 * @param stream whether the client asked for a stream
 * @param user the end user's name, at most 256 bytes of UTF-8; null when absent, longer or no text
 * @param previousResponseId the response that this one goes on from, bounded like {@code user}
 * @param maxTokens the longest answer that the client wants, in tokens; -1 when it does not say
 * @param promptHash hash of the prompt's beginning, equal for equal beginnings; 0 = no prompt seen
 * @param modelOffset byte offset of the raw model value in the body; in JSON, its opening quote
 * @param modelLength length of the raw model value in bytes; in JSON, both quotes included
 * @param form whether the body is a form, in which the value is plain UTF-8
 */
public record RequestFacts(
    String model,
    boolean stream,
    @Nullable String user,
    @Nullable String previousResponseId,
    long maxTokens,
    int promptHash,
    long modelOffset,
    int modelLength,
    boolean form) {

  /** The facts of a body in JSON. */
  public RequestFacts(
      String model,
      boolean stream,
      @Nullable String user,
      @Nullable String previousResponseId,
      long maxTokens,
      int promptHash,
      long modelOffset,
      int modelLength) {
    this(
        model,
        stream,
        user,
        previousResponseId,
        maxTokens,
        promptHash,
        modelOffset,
        modelLength,
        false);
  }
}
