package dev.loragateway.openai;

/** The members of a request that routing reads. */
enum RequestMember {
  MODEL("model", 1024),
  USER("user", 256),
  PREVIOUS_RESPONSE_ID("previous_response_id", 256),
  STREAM("stream", 0),
  MAX_TOKENS("max_tokens", 0),
  MAX_COMPLETION_TOKENS("max_completion_tokens", 0),
  MAX_OUTPUT_TOKENS("max_output_tokens", 0),
  MESSAGES("messages", 0),
  PROMPT("prompt", 0),
  INPUT("input", 0),
  OTHER("", 0);

  private static final RequestMember[] ALL = values();

  private final String name;
  private final int limit;

  RequestMember(String name, int limit) {
    this.name = name;
    this.limit = limit;
  }

  /** Longest value that is of use, in bytes of UTF-8; 0 when the text is not needed. */
  int limit() {
    return limit;
  }

  /** The member of this name; {@code OTHER} for all that routing does not read. */
  static RequestMember named(DecodedText name) {
    for (RequestMember member : ALL) {
      if (member != OTHER && name.is(member.name)) {
        return member;
      }
    }
    return OTHER;
  }

  /** The member of this name; {@code OTHER} for all that routing does not read. */
  static RequestMember named(String name) {
    for (RequestMember member : ALL) {
      if (member != OTHER && name.equals(member.name)) {
        return member;
      }
    }
    return OTHER;
  }
}
