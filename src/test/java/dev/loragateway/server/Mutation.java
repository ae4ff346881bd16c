package dev.loragateway.server;

import java.util.List;
import java.util.random.RandomGenerator;

/** Damages messages at random, in the ways in which parsers tend to disagree. Stateless. */
final class Mutation {
  private static final List<String> PIECES =
      List.of(
          "\r",
          "\n",
          "\r\n",
          "\n\r",
          " ",
          "\t",
          "\u000b",
          "\f",
          "\0",
          "\u0001",
          "\u007f",
          "\u0085",
          "\u00a0",
          "\u00ff",
          ":",
          ";",
          ",",
          "=",
          "\"",
          "\\",
          "-",
          "+",
          "0",
          "1",
          "10",
          "0x",
          "a",
          "x",
          "_",
          "chunked",
          "Content-Length: 5\r\n",
          "Transfer-Encoding: chunked\r\n",
          "0\r\n\r\n",
          "\r\n ",
          "\r\n\r\n",
          "GET / HTTP/1.1\r\n",
          "#",
          "%0a",
          "close");

  private Mutation() {}

  /** The message with one to three places damaged; the same for the same numbers. */
  static String of(String message, RandomGenerator random) {
    String damaged = message;
    for (int i = random.nextInt(1, 4); i > 0; i--) {
      damaged = once(damaged, random);
    }
    return damaged;
  }

  private static String once(String message, RandomGenerator random) {
    int at = random.nextInt(message.length() + 1);
    int end = Math.min(message.length(), at + 1 + random.nextInt(3));
    String front = message.substring(0, at);
    String piece = PIECES.get(random.nextInt(PIECES.size()));
    return switch (random.nextInt(5)) {
      case 0 -> front + message.substring(end);
      case 1 -> front + message.substring(at, end) + message.substring(at);
      case 2 -> front + piece + message.substring(end);
      case 3 -> front + line(message, random) + message.substring(at);
      default -> front + piece + message.substring(at);
    };
  }

  private static String line(String message, RandomGenerator random) {
    String[] lines = message.split("(?<=\r\n)", -1);
    return lines[random.nextInt(lines.length)];
  }
}
