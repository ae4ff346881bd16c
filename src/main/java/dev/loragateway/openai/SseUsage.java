package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the token usage off an answer, a stream of events or plain JSON, without parsing it: keeps
 * the last {@value #TAIL} bytes and looks for the last {@code "usage":{...}} in them once the
 * answer is over. Anthropic's streams tell the input tokens at their beginning only; these are read
 * off the first {@value #TAIL} bytes. Within a JSON string the quotes are escaped, so that
 * generated text is not taken for usage. Never throws. Confined to one event loop.
 */
public final class SseUsage {
  /** Bytes kept. Behind the usage object only small members and {@code [DONE]} follow. */
  static final int TAIL = 4096;

  /** Bytes kept at first. */
  private static final int SMALLEST = 1024;

  private static final byte[] USAGE = "\"usage\"".getBytes(US_ASCII);
  private static final byte[] MESSAGE_START = "message_start".getBytes(US_ASCII);

  /** A stream of Anthropic's begins with {@code event: message_start}. */
  private static final int START_WITHIN = 64;

  /**
   * Tokens of one answer. Immutable.
   *
   * @param input tokens of the prompt, -1 when not told
   * @param output tokens generated; 0 where there is nothing to generate, as for embeddings
   */
  public record Usage(long input, long output) {}

  private byte[] ring = {};
  private long seen;
  private long firstInput = -1;

  /** Usage of an answer of which nothing has arrived. */
  public SseUsage() {}

  /** Takes the next bytes of the answer; indices and reference count stay. */
  public void add(ByteBuf content) {
    int from = content.readerIndex();
    int to = content.writerIndex();
    if (from == to) {
      return;
    }
    if (seen < TAIL) {
      int head = (int) Math.min(TAIL - seen, to - from);
      reserve((int) seen + head);
      store(content, from, head);
      from += head;
      if (seen == TAIL) {
        firstInput = inputAtStart(ring, TAIL);
      }
    }
    int skipped = Math.max(0, to - from - TAIL);
    seen += skipped;
    store(content, from + skipped, to - from - skipped);
  }

  /** Most answers are much shorter than what may be kept. */
  private void reserve(int bytes) {
    if (ring.length < bytes) {
      int next = Integer.highestOneBit(bytes - 1) << 1;
      ring = Arrays.copyOf(ring, Math.clamp(next, SMALLEST, TAIL));
    }
  }

  /** The usage that the answer ends with, or null when it tells none. */
  public @Nullable Usage usage() {
    int length = (int) Math.min(seen, TAIL);
    byte[] tail = tail();
    Usage usage = last(tail, length);
    if (usage == null || usage.input() >= 0) {
      return usage;
    }
    long input = seen > TAIL ? firstInput : inputAtStart(tail, length);
    return new Usage(input, usage.output());
  }

  /** Stores bytes at the ring's next places, round its end if need be. */
  private void store(ByteBuf content, int from, int count) {
    int at = (int) (seen % TAIL);
    int first = Math.min(count, TAIL - at);
    content.getBytes(from, ring, at, first);
    content.getBytes(from + first, ring, 0, count - first);
    seen += count;
  }

  /** What is kept, in its order, from index 0. */
  private byte[] tail() {
    if (seen <= TAIL) {
      return ring;
    }
    int at = (int) (seen % TAIL);
    byte[] tail = new byte[TAIL];
    System.arraycopy(ring, at, tail, 0, TAIL - at);
    System.arraycopy(ring, 0, tail, TAIL - at, at);
    return tail;
  }

  private static @Nullable Usage last(byte[] bytes, int length) {
    for (int i = length - USAGE.length; i >= 0; i--) {
      if (bytes[i] == '"' && bytes[i + 1] == 'u' && startsAt(USAGE, bytes, i)) {
        Usage usage = parse(bytes, i + USAGE.length, length);
        if (usage != null) {
          return usage;
        }
      }
    }
    return null;
  }

  /** The input tokens of Anthropic's first event, or -1. */
  private static long inputAtStart(byte[] bytes, int length) {
    int at = indexOf(MESSAGE_START, bytes, Math.min(length, START_WITHIN));
    int usage = at < 0 ? -1 : indexOf(USAGE, bytes, length);
    Usage first = usage < 0 ? null : parse(bytes, usage + USAGE.length, length);
    return first == null ? -1 : first.input();
  }

  private static int indexOf(byte[] needle, byte[] bytes, int length) {
    for (int i = 0; i <= length - needle.length; i++) {
      if (startsAt(needle, bytes, i)) {
        return i;
      }
    }
    return -1;
  }

  private static boolean startsAt(byte[] needle, byte[] bytes, int at) {
    return Arrays.equals(bytes, at, at + needle.length, needle, 0, needle.length);
  }

  /** The object behind a colon; null when it is none, is cut off or tells no tokens. */
  private static @Nullable Usage parse(byte[] bytes, int from, int to) {
    int at = skipSpace(bytes, from, to);
    if (at == to || bytes[at] != ':') {
      return null;
    }
    at = skipSpace(bytes, at + 1, to);
    if (at == to || bytes[at] != '{') {
      return null;
    }
    try (JsonParser parser = Json.FACTORY.createParser(bytes, at, to - at)) {
      return read(parser);
    } catch (IOException e) {
      return null;
    }
  }

  private static int skipSpace(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to
        && (bytes[at] == ' ' || bytes[at] == '\n' || bytes[at] == '\r' || bytes[at] == '\t')) {
      at++;
    }
    return at;
  }

  private static @Nullable Usage read(JsonParser parser) throws IOException {
    long input = -1;
    long output = -1;
    parser.nextToken();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      boolean number = parser.nextToken() == JsonToken.VALUE_NUMBER_INT;
      switch (name) {
        case "prompt_tokens", "input_tokens" -> input = number ? parser.getLongValue() : input;
        case "completion_tokens", "output_tokens" ->
            output = number ? parser.getLongValue() : output;
        default -> parser.skipChildren();
      }
    }
    return input < 0 && output < 0 ? null : new Usage(Math.max(input, -1), Math.max(output, 0));
  }
}
