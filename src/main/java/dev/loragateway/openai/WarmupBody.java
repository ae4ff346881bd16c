package dev.loragateway.openai;

/** A request that costs a server as little as can be. Stateless. */
public final class WarmupBody {
  private WarmupBody() {}

  /** A completion of one token, JSON in UTF-8. */
  public static byte[] json(String model) {
    return Json.bytes(
        json -> {
          json.writeStartObject();
          json.writeStringField("model", model);
          json.writeStringField("prompt", "1");
          json.writeNumberField("max_tokens", 1);
          json.writeEndObject();
        });
  }
}
