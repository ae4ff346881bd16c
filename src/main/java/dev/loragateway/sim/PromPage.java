package dev.loragateway.sim;

import java.math.BigDecimal;

/** Writes a page in the Prometheus text format, as the Python client does. Confined to one call. */
final class PromPage {
  private final StringBuilder out = new StringBuilder(16_384);

  void family(String name, String type, String help) {
    out.append("# HELP ").append(name).append(' ').append(help).append('\n');
    out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  /** One sample; {@code labels} is the text between the braces, empty = none. */
  void sample(String name, String labels, double value) {
    out.append(name);
    if (!labels.isEmpty()) {
      out.append('{').append(labels).append('}');
    }
    out.append(' ').append(number(value)).append('\n');
  }

  /** A family of one gauge. */
  void gauge(String name, String help, String labels, double value) {
    family(name, "gauge", help);
    sample(name, labels, value);
  }

  String text() {
    return out.toString();
  }

  /** A label's value with the characters escaped that the format reserves. */
  static String escape(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  /** A number as the Python client prints it: with an exponent from a million on. */
  static String number(double value) {
    String plain = BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
    int dot = plain.indexOf('.');
    if (dot < 0) {
      return number(plain + ".0", plain.length());
    }
    return number(plain, dot);
  }

  private static String number(String plain, int dot) {
    if (plain.startsWith("-") || dot <= 6) {
      return plain;
    }
    String digits = plain.substring(1, dot) + plain.substring(dot + 1);
    String mantissa = (plain.charAt(0) + "." + digits).replaceAll("0+$", "").replaceAll("\\.$", "");
    return mantissa + "e+0" + (dot - 1);
  }
}
