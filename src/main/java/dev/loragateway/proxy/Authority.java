package dev.loragateway.proxy;

/** Host and port as {@code Host} and URLs have them (RFC 3986, section 3.2). Stateless. */
final class Authority {
  private static final String SUB_DELIMS_AND_MORE = "!$&'()*+,;=-._~%";

  private Authority() {}

  /** Returns whether it is a host, with a port or without. */
  static boolean isValid(String authority) {
    int end = endOfHost(authority);
    if (end <= 0) {
      return false;
    }
    if (end < authority.length() && authority.charAt(end++) != ':') {
      return false;
    }
    while (end < authority.length() && isDigit(authority.charAt(end))) {
      end++;
    }
    return end == authority.length();
  }

  private static int endOfHost(String authority) {
    int end = 0;
    if (authority.startsWith("[")) {
      end = 1;
      while (end < authority.length() && isInAddress(authority.charAt(end))) {
        end++;
      }
      return end < authority.length() && authority.charAt(end) == ']' ? end + 1 : -1;
    }
    while (end < authority.length() && isInName(authority.charAt(end))) {
      end++;
    }
    return end;
  }

  private static boolean isInAddress(char c) {
    return c == ':' || isInName(c);
  }

  private static boolean isInName(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || isDigit(c)
        || SUB_DELIMS_AND_MORE.indexOf(c) >= 0;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
