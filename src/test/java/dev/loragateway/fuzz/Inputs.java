package dev.loragateway.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes inputs: half of them random bytes, half samples that were damaged by some edits. Immutable.
 */
public final class Inputs {
  private static final int LONGEST = 16 << 10;
  private static final int MOST_EDITS = 6;

  /** Lengths of random bytes are below a power of two, small ones as likely as large ones. */
  private static final int LARGEST_POWER = 10;

  private static final List<byte[]> NUMBERS =
      bytes(
          "0",
          "1",
          "-1",
          "127",
          "128",
          "255",
          "256",
          "65535",
          "65536",
          "2147483647",
          "2147483648",
          "4294967296",
          "9223372036854775807",
          "1e309");

  private final List<byte[]> samples;
  private final List<byte[]> tokens;

  private Inputs(List<byte[]> samples, List<byte[]> tokens) {
    this.samples = samples;
    this.tokens = tokens;
  }

  /**
   * Inputs like these.
   *
   * @param samples good ones
   * @param tokens what may be put anywhere into them
   */
  public static Inputs of(List<String> samples, String... tokens) {
    return new Inputs(bytes(samples.toArray(String[]::new)), bytes(tokens));
  }

  private static List<byte[]> bytes(String... texts) {
    return Arrays.stream(texts).map(text -> text.getBytes(UTF_8)).toList();
  }

  byte[] next(SplittableRandom random) {
    if (random.nextBoolean()) {
      byte[] bytes = new byte[random.nextInt(1 << random.nextInt(1, LARGEST_POWER + 1))];
      random.nextBytes(bytes);
      return bytes;
    }
    byte[] input = pick(samples, random);
    for (int edits = random.nextInt(MOST_EDITS + 1); edits > 0; edits--) {
      byte[] edited = edit(input, random);
      input = edited.length > LONGEST ? Arrays.copyOf(edited, LONGEST) : edited;
    }
    return input;
  }

  private byte[] edit(byte[] input, SplittableRandom random) {
    int from = random.nextInt(input.length + 1);
    int to = from + random.nextInt(Math.min(input.length - from, 1 << random.nextInt(9)) + 1);
    return switch (random.nextInt(8)) {
      case 0 -> replaced(input, from, to, new byte[0]);
      case 1 -> replaced(input, from, from, Arrays.copyOfRange(input, from, to));
      case 2 -> replaced(input, from, to, pick(tokens, random));
      case 3 -> replaced(input, from, from, pick(tokens, random));
      case 4 -> replaced(input, from, to, part(pick(samples, random), random));
      case 5 -> replaced(input, from, to, pick(NUMBERS, random));
      case 6 -> Arrays.copyOf(input, from);
      default -> flipped(input, from, random);
    };
  }

  private static byte[] replaced(byte[] input, int from, int to, byte[] by) {
    byte[] edited = new byte[input.length - (to - from) + by.length];
    System.arraycopy(input, 0, edited, 0, from);
    System.arraycopy(by, 0, edited, from, by.length);
    System.arraycopy(input, to, edited, from + by.length, input.length - to);
    return edited;
  }

  private static byte[] part(byte[] sample, SplittableRandom random) {
    int from = random.nextInt(sample.length + 1);
    return Arrays.copyOfRange(sample, from, random.nextInt(from, sample.length + 1));
  }

  private static byte[] flipped(byte[] input, int at, SplittableRandom random) {
    byte[] edited = input.clone();
    if (at < edited.length) {
      edited[at] ^= (byte) (1 << random.nextInt(8));
    }
    return edited;
  }

  private static byte[] pick(List<byte[]> all, SplittableRandom random) {
    return all.get(random.nextInt(all.size()));
  }
}
