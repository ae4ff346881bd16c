package dev.loragateway.openai;

import dev.loragateway.model.GatewayError;
import dev.loragateway.openai.PeekResult.Found;
import dev.loragateway.openai.PeekResult.Refused;
import org.jspecify.annotations.Nullable;

/**
 * Picks the {@link RequestFacts} out of what a {@link JsonScanner} tells. Of a repeated member the
 * last counts, as in the servers' own parsers, except that a second {@code model} is refused: two
 * parsers must not disagree on it. Confined to one event loop.
 */
final class RequestFactCollector implements JsonScanner.Listener {
  private static final byte[] NOTHING = {};

  private final JsonScanner scanner = new JsonScanner(this);
  private final PromptHash hash = new PromptHash();
  private RequestMember member = RequestMember.OTHER;
  private byte first;
  private long begun;
  private int hashDepth;
  private boolean awaitsElement;
  private byte[] piece = NOTHING;
  private long origin;

  private @Nullable String model;
  private long modelOffset = -1;
  private int modelLength;
  private boolean stream;
  private @Nullable String user;
  private @Nullable String previousResponseId;
  private long maxTokens = -1;
  private int messagesHash;
  private int promptHash;
  private int inputHash;
  private @Nullable Refused refused;

  /** Starts over with another body. */
  void begin() {
    scanner.begin();
    hash.forget();
    member = RequestMember.OTHER;
    awaitsElement = false;
    model = null;
    modelOffset = -1;
    modelLength = 0;
    stream = false;
    user = null;
    previousResponseId = null;
    maxTokens = -1;
    messagesHash = 0;
    promptHash = 0;
    inputHash = 0;
    refused = null;
  }

  /** Goes on with the next bytes; false once the body is refused. */
  boolean scan(byte[] bytes, int from, int to) {
    piece = bytes;
    origin = scanner.offset() - from;
    boolean good = scanner.scan(bytes, from, to);
    if (hash.isOpen()) {
      hash.update(bytes, origin, origin + to);
    }
    piece = NOTHING;
    return good;
  }

  PeekResult finish() {
    boolean complete = scanner.finish();
    if (refused != null) {
      return refused;
    }
    if (!complete) {
      String complaint = String.valueOf(scanner.complaint());
      return new Refused(GatewayError.INVALID_JSON, complaint);
    }
    return model == null ? ModelName.MISSING : new Found(facts(model));
  }

  private RequestFacts facts(String model) {
    int hash = messagesHash != 0 ? messagesHash : promptHash != 0 ? promptHash : inputHash;
    return new RequestFacts(
        model, stream, user, previousResponseId, maxTokens, hash, modelOffset, modelLength);
  }

  @Override
  public void name(DecodedText name) {
    member = RequestMember.named(name);
    awaitsElement = false;
    switch (member) {
      case MODEL -> refuse(model == null ? null : ModelName.TWICE);
      case USER -> user = null;
      case PREVIOUS_RESPONSE_ID -> previousResponseId = null;
      case STREAM -> stream = false;
      case MAX_TOKENS, MAX_COMPLETION_TOKENS, MAX_OUTPUT_TOKENS -> maxTokens = -1;
      default -> hashed(0);
    }
  }

  @Override
  public int begun(int depth, long offset, byte first) {
    if (depth == 1) {
      this.first = first;
      begun = offset;
      beginHash(depth, offset, first);
      return member.limit();
    }
    if (awaitsElement) {
      awaitsElement = false;
      beginHash(depth, offset, first);
    }
    return 0;
  }

  @Override
  public void ended(int depth, long end, DecodedText text) {
    if (hash.isOpen() && depth == hashDepth) {
      hash.update(piece, origin, end);
      hashed(hash.end());
    }
    if (depth == 1) {
      memberEnded(end, text);
    }
  }

  private void memberEnded(long end, DecodedText text) {
    boolean isString = first == '"';
    switch (member) {
      case MODEL -> modelEnded(isString ? ModelName.refusal(text) : ModelName.NO_STRING, end, text);
      case USER -> user = isString ? text.text() : null;
      case PREVIOUS_RESPONSE_ID -> previousResponseId = isString ? text.text() : null;
      case STREAM -> stream = first == 't';
      case MAX_TOKENS, MAX_COMPLETION_TOKENS, MAX_OUTPUT_TOKENS ->
          maxTokens = isNumber(first) ? Math.max(-1, scanner.natural()) : -1;
      default -> {}
    }
  }

  private static boolean isNumber(byte first) {
    return first >= '0' && first <= '9';
  }

  private void modelEnded(@Nullable Refused refusal, long end, DecodedText text) {
    if (refusal != null) {
      refuse(refusal);
      return;
    }
    model = text.text();
    modelOffset = begun;
    modelLength = (int) (end - begun);
  }

  private void refuse(@Nullable Refused refusal) {
    if (refusal != null) {
      refused = refusal;
      scanner.stop();
    }
  }

  private void beginHash(int depth, long offset, byte first) {
    if (!isHashed(member)) {
      return;
    }
    awaitsElement = depth == 1 && first == '[';
    if (first == '"' || (depth > 1 && (first == '{' || first == '['))) {
      hashDepth = depth;
      hash.begin(offset);
    }
  }

  private void hashed(int value) {
    switch (member) {
      case MESSAGES -> messagesHash = value;
      case PROMPT -> promptHash = value;
      case INPUT -> inputHash = value;
      default -> {}
    }
  }

  private static boolean isHashed(RequestMember member) {
    return switch (member) {
      case MESSAGES, PROMPT, INPUT -> true;
      default -> false;
    };
  }
}
