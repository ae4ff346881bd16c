package dev.loragateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a request must be like that a model server gets. Stateless. */
final class PassedOn {
  private static final Pattern HEAD =
      Pattern.compile(
          """
          [A-Z]+ /[a-z0-9/_]+(\\?[!-~&&[^#]]*)? HTTP/1\\.1\r
          ([!#$%&'*+.^_`|~0-9a-zA-Z-]+: [\t -~\\x80-\\xff]*\r
          )+\r
          """);

  private PassedOn() {}

  /** No parser can be of another opinion about its meaning or its end. */
  static void isFramedOnce(RawUpstream.Call call, String address) {
    assertThat(call.head()).matches(HEAD);
    assertThat(call.headers("host")).containsExactly(address);
    assertThat(call.headers("content-length")).containsExactly("" + call.body().length());
    for (String hopByHop :
        new String[] {
          "transfer-encoding",
          "connection",
          "keep-alive",
          "proxy-connection",
          "proxy-authorization",
          "te",
          "trailer",
          "upgrade",
          "expect"
        }) {
      assertThat(call.headers(hopByHop)).as(hopByHop).isEmpty();
    }
  }

  /**
   * It says what the client meant.
   *
   * @param line request line; null = any
   * @param carries header lines that it has
   * @param lacks headers that it has not
   */
  static void isAsMeant(
      RawUpstream.Call call, @Nullable String line, List<String> carries, List<String> lacks) {
    if (line != null) {
      assertThat(call.line()).isEqualTo(line);
    }
    for (String header : carries) {
      assertThat(call.head()).contains("\r\n" + header + "\r\n");
    }
    for (String header : lacks) {
      assertThat(call.headers(header)).as(header).isEmpty();
    }
  }
}
