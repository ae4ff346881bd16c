package dev.loragateway.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Feeds a parser many inputs, each of which must neither make it throw nor take it longer than
 * {@value #LONGEST_SECONDS} s. Each input follows from the seed and its number alone, so that a
 * failure names what repeats it, and shows the input made as short as it still fails. Properties:
 * {@code fuzz.inputs}, {@code fuzz.seed} and {@code fuzz.first}, the number of the first input.
 * Confined to the test's thread, but for the one that runs the parser.
 */
public final class Fuzzer {
  private static final long INPUTS = Long.getLong("fuzz.inputs", 2_000);
  private static final long SEED = Long.getLong("fuzz.seed", 1);
  private static final long FIRST = Long.getLong("fuzz.first", 0);

  private static final int LONGEST_SECONDS = 10;
  private static final Duration TELL = Duration.ofSeconds(10);
  private static final int WIDTH = 30;
  private static final int MOST_SHRINKS = 20_000;

  /** Takes one input; checks what it makes of it. */
  public interface Target {
    /**
     * Runs once.
     *
     * @param random for whatever else is to differ from input to input
     */
    void run(byte[] input, SplittableRandom random) throws Exception;
  }

  private final String name;
  private final Inputs inputs;
  private final Target target;
  private final Thread worker = Thread.ofPlatform().daemon().name("fuzz").unstarted(this::work);
  private final long began = System.nanoTime();
  private volatile long number = FIRST;
  private volatile long startedAt = System.nanoTime();
  private volatile @Nullable String failure;
  private long slowest;

  private Fuzzer(String name, Inputs inputs, Target target) {
    this.name = name;
    this.inputs = inputs;
    this.target = target;
  }

  /** Runs a target on as many inputs as asked for. */
  public static void run(String name, Inputs inputs, Target target) throws InterruptedException {
    new Fuzzer(name, inputs, target).run();
  }

  /** For targets: fails unless an input in pieces came to the same as in one. */
  public static void same(@Nullable Object actual, @Nullable Object expected) {
    if (!Objects.equals(actual, expected)) {
      throw new AssertionError("in pieces " + actual + ", but in one " + expected);
    }
  }

  private void run() throws InterruptedException {
    worker.start();
    long told = began;
    while (!worker.join(Duration.ofMillis(100))) {
      long now = System.nanoTime();
      if (now - startedAt > TimeUnit.SECONDS.toNanos(LONGEST_SECONDS)) {
        String stack = Arrays.toString(worker.getStackTrace()).replace(", ", "\n  ");
        throw new AssertionError(where("hangs", input(number)) + "\n  " + stack);
      }
      if (now - told > TELL.toNanos()) {
        told = now;
        tell();
      }
    }
    if (failure != null) {
      throw new AssertionError(failure);
    }
    tell();
  }

  private void work() {
    for (long i = FIRST; i < FIRST + INPUTS && failure == null; i++) {
      byte[] input = input(i);
      number = i;
      long start = System.nanoTime();
      startedAt = start;
      Throwable thrown = thrown(input, i);
      slowest = Math.max(slowest, System.nanoTime() - start);
      if (thrown != null) {
        failure = describe(input, thrown);
      }
    }
  }

  private static SplittableRandom random(long number) {
    return new SplittableRandom(SEED * 0x9E3779B97F4A7C15L + number);
  }

  private byte[] input(long number) {
    return inputs.next(random(number));
  }

  private @Nullable Throwable thrown(byte[] input, long number) {
    try {
      target.run(input, random(~number));
      return null;
    } catch (Throwable e) {
      return e;
    }
  }

  private String describe(byte[] input, Throwable thrown) {
    byte[] shortest = shrink(input, thrown.getClass());
    Throwable again = thrown(shortest, number);
    Throwable shown = again == null ? thrown : again;
    String stack =
        String.join(
            "\n  ", Arrays.stream(shown.getStackTrace()).limit(12).map(String::valueOf).toList());
    return where("throws " + shown, shortest) + "\n  " + stack;
  }

  /** Leaves out blocks of bytes, large ones first, as long as the same kind of thing is thrown. */
  private byte[] shrink(byte[] input, Class<?> kind) {
    byte[] shortest = input;
    int tries = 0;
    for (int block = input.length / 2; block > 0; block /= 2) {
      for (int at = 0; at + block <= shortest.length && tries < MOST_SHRINKS; tries++) {
        startedAt = System.nanoTime();
        byte[] shorter = new byte[shortest.length - block];
        System.arraycopy(shortest, 0, shorter, 0, at);
        System.arraycopy(shortest, at + block, shorter, at, shorter.length - at);
        Throwable thrown = thrown(shorter, number);
        if (thrown != null && thrown.getClass() == kind) {
          shortest = shorter;
        } else {
          at += block;
        }
      }
    }
    return shortest;
  }

  private String where(String what, byte[] input) {
    return "%s %s%n  input: %s%n  base64: %s%n  the whole one: -Dfuzz.seed=%d -Dfuzz.first=%d -Dfuzz.inputs=1"
        .formatted(
            name, what, shown(input), Base64.getEncoder().encodeToString(input), SEED, number);
  }

  private static String shown(byte[] input) {
    StringBuilder text = new StringBuilder("\"");
    for (char c : new String(input, ISO_8859_1).toCharArray()) {
      if (c == '"' || c == '\\') {
        text.append('\\').append(c);
      } else if (c >= ' ' && c < 0x7f) {
        text.append(c);
      } else {
        text.append("\\u%04x".formatted((int) c));
      }
    }
    return text.append('"').toString();
  }

  private void tell() {
    long done = number - FIRST + 1;
    int bar = (int) (WIDTH * done / INPUTS);
    double seconds = (System.nanoTime() - began) / 1e9;
    System.err.printf(
        "%-14s [%s%s] %,d of %,d inputs, %,.0f a second, seed %d, slowest %.1f ms%n",
        name,
        "#".repeat(bar),
        "-".repeat(WIDTH - bar),
        done,
        INPUTS,
        done / seconds,
        SEED,
        slowest / 1e6);
  }
}
