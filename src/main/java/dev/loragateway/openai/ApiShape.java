package dev.loragateway.openai;

/** The API whose wire format an answer follows. */
public enum ApiShape {
  /** Chat completions, completions, embeddings and all else under OpenAI's paths. */
  OPENAI,
  /** Anthropic's {@code /v1/messages}. */
  ANTHROPIC,
  /** OpenAI's {@code /v1/responses}: its streams have typed events. */
  RESPONSES
}
