package dev.loragateway.openai;

/** The number grammar of RFC 8259 as a transition function; a state is a small int. Thread-safe. */
final class JsonNumber {
  /** No number goes on like this. */
  static final int REFUSED = -1;

  private static final int START = 0;
  private static final int MINUS = 1;
  private static final int ZERO = 2;
  private static final int INTEGER = 3;
  private static final int POINT = 4;
  private static final int FRACTION = 5;
  private static final int EXPONENT = 6;
  private static final int SIGN = 7;
  private static final int EXPONENT_DIGITS = 8;

  private JsonNumber() {}

  /** The state after a number's first byte, or {@link #REFUSED} when no number begins so. */
  static int first(byte b) {
    return b == '-' ? MINUS : digits(START, b);
  }

  /** The state after {@code b}, or {@link #REFUSED} when {@code b} is not part of the number. */
  static int next(int state, byte b) {
    return switch (state) {
      case MINUS -> digits(START, b);
      case ZERO -> afterInteger(b);
      case INTEGER -> isDigit(b) ? INTEGER : afterInteger(b);
      case POINT -> digits(FRACTION, b);
      case FRACTION -> isDigit(b) ? FRACTION : exponent(b);
      case EXPONENT -> b == '+' || b == '-' ? SIGN : digits(EXPONENT_DIGITS, b);
      default -> digits(EXPONENT_DIGITS, b);
    };
  }

  /** Whether a number may end in this state. */
  static boolean isComplete(int state) {
    return state == ZERO || state == INTEGER || state == FRACTION || state == EXPONENT_DIGITS;
  }

  private static int digits(int state, byte b) {
    if (!isDigit(b)) {
      return REFUSED;
    }
    return state != START ? state : b == '0' ? ZERO : INTEGER;
  }

  private static int afterInteger(byte b) {
    return b == '.' ? POINT : exponent(b);
  }

  private static int exponent(byte b) {
    return b == 'e' || b == 'E' ? EXPONENT : REFUSED;
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }
}
