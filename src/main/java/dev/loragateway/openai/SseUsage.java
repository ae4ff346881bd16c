package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;
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

  /** Where the end of an answer is looked at; most answers come in one piece and need no ring. */
  private static final FastThreadLocal<byte[]> SCRATCH =
      new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
          return new byte[TAIL];
        }
      };

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

  /**
   * The usage that the answer ends with, or null when it tells none. Called once.
   *
   * @param last the answer's last bytes; indices and reference count stay
   */
  public @Nullable Usage usage(ByteBuf last) {
    byte[] tail = SCRATCH.get();
    int length = last.readableBytes();
    if (seen > 0 || length > TAIL) {
      add(last);
      length = copyTail(tail);
    } else {
      last.getBytes(last.readerIndex(), tail, 0, length);
      seen = length;
    }
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

  /** Copies what is kept, in its order, and returns its length. */
  private int copyTail(byte[] tail) {
    int length = (int) Math.min(seen, TAIL);
    int at = seen > TAIL ? (int) (seen % TAIL) : 0;
    System.arraycopy(ring, at, tail, 0, length - at);
    System.arraycopy(ring, 0, tail, length - at, at);
    return length;
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
    int colon = UsageObject.skipSpace(bytes, from, to);
    return colon < to && bytes[colon] == ':'
        ? UsageObject.read(bytes, UsageObject.skipSpace(bytes, colon + 1, to), to)
        : null;
  }
}
