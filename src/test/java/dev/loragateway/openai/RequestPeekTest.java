package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.model.GatewayError;
import dev.loragateway.openai.PeekResult.Found;
import dev.loragateway.openai.PeekResult.Refused;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestPeekTest {

  static PeekResult peek(byte[] body) {
    RequestPeek peek = new RequestPeek();
    peek.feed(Unpooled.wrappedBuffer(body));
    return peek.finish();
  }

  private static PeekResult peek(String body) {
    return peek(body.getBytes(UTF_8));
  }

  private static RequestFacts facts(String body) {
    assertThat(peek(body)).isInstanceOf(Found.class);
    return ((Found) peek(body)).facts();
  }

  private static Refused refused(PeekResult result) {
    assertThat(result).isInstanceOf(Refused.class);
    return (Refused) result;
  }

  @Test
  void feed_chatRequest_findsEveryFact() {
    String body =
        """
        {"messages": [{"role": "user", "content": "Hi"}], "model": "acme/support", "stream": true,
         "user": "u-1", "previous_response_id": "resp_1", "temperature": -0.5e+2}
        """;
    RequestFacts facts = facts(body);
    assertThat(facts.model()).isEqualTo("acme/support");
    assertThat(facts.stream()).isTrue();
    assertThat(facts.user()).isEqualTo("u-1");
    assertThat(facts.previousResponseId()).isEqualTo("resp_1");
    assertThat(facts.promptHash()).isNotZero();
    int offset = (int) facts.modelOffset();
    assertThat(body.substring(offset, offset + facts.modelLength())).isEqualTo("\"acme/support\"");
  }

  @Test
  void feed_modelOnly_leavesTheRestUnset() {
    assertThat(facts("{\"model\":\"m\"}"))
        .isEqualTo(new RequestFacts("m", false, null, null, -1, 0, 9, 3));
  }

  @Test
  void feed_escapedNameAndValue_areDecoded() {
    RequestFacts facts = facts("{\"mod\\u0065l\":\"a\\/b\\u00e9\\ud83d\\ude00é\"}");
    assertThat(facts.model()).isEqualTo("a/bé😀é");
    assertThat(facts.modelLength()).isEqualTo("\"a\\/b\\u00e9\\ud83d\\ude00é\"".length() + 1);
  }

  @Test
  void feed_nestedModel_isIgnored() {
    String body = "{\"x\":{\"model\":\"no\"},\"y\":[{\"model\":1}],\"model\":\"yes\"}";
    assertThat(facts(body).model()).isEqualTo("yes");
  }

  @Test
  void feed_similarNames_areNotModel() {
    String body = "{\"models\":1,\"mode\":2,\"Model\":3,\"\":4,\"model\":\"m\",\"model\\ud800\":5}";
    assertThat(facts(body).model()).isEqualTo("m");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {}                                  | MISSING_MODEL
          {"model":""}                        | MISSING_MODEL
          {"nested":{"model":"m"}}            | MISSING_MODEL
          {"model":null}                      | INVALID_MODEL
          {"model":1}                         | INVALID_MODEL
          {"model":["m"]}                     | INVALID_MODEL
          {"model":{"model":"m"}}             | INVALID_MODEL
          {"model":"m","model":"m"}           | INVALID_MODEL
          {"model":"m","\\u006dodel":"other"} | INVALID_MODEL
          {"model":"a\\nb"}                   | INVALID_MODEL
          {"model":"\\u0000"}                 | INVALID_MODEL
          {"model":"\\u007f"}                 | INVALID_MODEL
          {"model":"\\ud800"}                 | INVALID_MODEL
          {"model":"\\ud800x"}                | INVALID_MODEL
          {"model":"\\ude00\\ud83d"}          | INVALID_MODEL
          """)
  void feed_badModel_isRefused(String body, GatewayError error) {
    assertThat(refused(peek(body)).error()).isEqualTo(error);
  }

  @Test
  void feed_modelAtItsLimit_isFound() {
    String longest = "é".repeat(512);
    assertThat(facts("{\"model\":\"" + longest + "\"}").model()).isEqualTo(longest);
    Refused refused = refused(peek("{\"model\":\"" + longest + "x\"}"));
    assertThat(refused.error()).isEqualTo(GatewayError.INVALID_MODEL);
    assertThat(refused.message()).contains("1024");
    Refused escaped = refused(peek("{\"model\":\"" + "\\u00e9".repeat(513) + "\"}"));
    assertThat(escaped.error()).isEqualTo(GatewayError.INVALID_MODEL);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "[]",
        "\"model\"",
        "1",
        "null",
        "{",
        "{\"model\"",
        "{\"model\":",
        "{\"model\":\"m",
        "{\"model\":\"m\"",
        "{\"model\":\"m\",}",
        "{\"model\":\"m\"}}",
        "{\"model\":\"m\"} x",
        "{\"model\":\"m\"}{}",
        "{,}",
        "{\"a\" 1}",
        "{\"a\":}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":1 2}",
        "{\"a\":[1,]}",
        "{\"a\":[,1]}",
        "{\"a\":[1}",
        "{\"a\":{]}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":1.}",
        "{\"a\":.1}",
        "{\"a\":-}",
        "{\"a\":1e}",
        "{\"a\":1e+}",
        "{\"a\":1.e1}",
        "{\"a\":0x1}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":tru}",
        "{\"a\":True}",
        "{\"a\":nul",
        "{\"a\":truee}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"\\u1\"}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"\u0000\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":1}/*c*/",
        "\uFEFF{}",
        "{\"a\":\u00A01}",
        "\u000B{}",
        "{\"a\":\"\\\"}",
        "{\"a\":--1}",
        "{\"a\":1-1}",
        "{\"a\"::1}"
      })
  void feed_malformedJson_isRefused(String body) {
    Refused refused = refused(peek(body));
    assertThat(refused.error()).isEqualTo(GatewayError.INVALID_JSON);
    assertThat(refused.message()).matches("Invalid JSON at byte \\d+: .+ \\(expected: .+\\)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"a":1 "b"    | Invalid JSON at byte 7: '"' (expected: ',' or '}')
          {"a":[1 2     | Invalid JSON at byte 8: '2' (expected: ',' or ']')
          {"a":tru}     | Invalid JSON at byte 8: '}' (expected: true, false or null)
          {"a":"\\u12x  | Invalid JSON at byte 10: 'x' (expected: a hexadecimal digit)
          []            | Invalid JSON at byte 0: '[' (expected: '{': the body must be a JSON object)
          {"a":1        | Invalid JSON at byte 6: the body ends (expected: the rest of a number)
          """)
  void finish_malformedJson_namesPlaceAndExpectation(String body, String message) {
    assertThat(refused(peek(body)).message()).isEqualTo(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "80",
        "BF",
        "C0 80",
        "C1 BF",
        "C3",
        "C3 28",
        "E0 80 80",
        "E0 9F BF",
        "E2 82",
        "E2 28 A1",
        "ED A0 80",
        "ED BF BF",
        "F0 80 80 80",
        "F0 8F BF BF",
        "F0 9F 98",
        "F4 90 80 80",
        "F5 80 80 80",
        "F8 88 80 80 80",
        "FE",
        "FF",
        "C3 A9 A9",
        "F0 9F 98 C3 A9"
      })
  void feed_invalidUtf8_isRefused(String hex) {
    for (String name : new String[] {"model", "other"}) {
      Refused refused = refused(peek(latin1("{\"" + name + "\":\"x" + bytes(hex) + "y\"}")));
      assertThat(refused.error()).isEqualTo(GatewayError.INVALID_JSON);
      assertThat(refused.message()).contains("UTF-8");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "C2 80",
        "DF BF",
        "E0 A0 80",
        "E1 80 80",
        "EC BF BF",
        "ED 80 80",
        "ED 9F BF",
        "EE 80 80",
        "EF BF BF",
        "F0 90 80 80",
        "F3 BF BF BF",
        "F4 8F BF BF"
      })
  void feed_utf8AtTheEdges_isDecoded(String hex) {
    byte[] body = latin1("{\"model\":\"" + bytes(hex) + "\"}");
    String expected = new String(latin1(bytes(hex)), UTF_8);
    assertThat(((Found) peek(body)).facts().model()).isEqualTo(expected);
  }

  private static String bytes(String hex) {
    return new String(HexFormat.ofDelimiter(" ").parseHex(hex), ISO_8859_1);
  }

  private static byte[] latin1(String text) {
    return text.getBytes(ISO_8859_1);
  }

  @Test
  void feed_unpairedSurrogateElsewhere_isAccepted() {
    RequestFacts facts = facts("{\"model\":\"m\",\"user\":\"\\ud800\",\"x\":\"\\udc00\"}");
    assertThat(facts.user()).isNull();
  }

  @Test
  void feed_nesting_isBoundedAt256Levels() {
    String deepest = "{\"model\":\"m\",\"a\":" + "[".repeat(255) + "]".repeat(255) + "}";
    assertThat(facts(deepest).model()).isEqualTo("m");
    String mixed =
        "{\"model\":\"m\",\"a\":" + "[{\"a\":".repeat(127) + "1" + "}]".repeat(127) + "}";
    assertThat(facts(mixed).model()).isEqualTo("m");
    String tooDeep = "{\"model\":\"m\",\"a\":" + "[".repeat(256) + "]".repeat(256) + "}";
    assertThat(refused(peek(tooDeep)).message()).contains("256 levels");
  }

  @Test
  void feed_closingBracketOfTheOtherKind_isRefusedAtEveryDepth() {
    for (int depth = 1; depth < 256; depth++) {
      String body = "{\"a\":" + "[".repeat(depth) + "}";
      assertThat(refused(peek(body)).message()).contains("byte " + (body.length() - 1));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "true, true",
    "false, false",
    "null, false",
    "1, false",
    "'\"true\"', false",
    "[true], false"
  })
  void feed_streamOfAnyType_onlyTrueCounts(String value, boolean stream) {
    assertThat(facts("{\"model\":\"m\",\"stream\":" + value + "}").stream()).isEqualTo(stream);
  }

  @Test
  void feed_repeatedMembers_lastCounts() {
    RequestFacts facts =
        facts(
            """
            {"stream":true,"user":"a","stream":false,"user":"b","previous_response_id":"r",
             "model":"m","previous_response_id":7}
            """);
    assertThat(facts.stream()).isFalse();
    assertThat(facts.user()).isEqualTo("b");
    assertThat(facts.previousResponseId()).isNull();
  }

  @Test
  void feed_longUser_isDropped() {
    String most = "u".repeat(256);
    assertThat(facts("{\"user\":\"" + most + "\",\"model\":\"m\"}").user()).isEqualTo(most);
    assertThat(facts("{\"user\":\"" + most + "u\",\"model\":\"m\"}").user()).isNull();
  }

  private static int promptHash(String members) {
    return facts("{\"model\":\"m\"," + members + "}").promptHash();
  }

  @Test
  void promptHash_firstMessage_decides() {
    int hash = promptHash("\"messages\":[{\"content\":\"a\"},{\"content\":\"b\"}]");
    assertThat(promptHash("\"messages\": [ {\"content\":\"a\"} ,3]")).isEqualTo(hash);
    assertThat(promptHash("\"messages\":[{\"content\":\"c\"},{\"content\":\"b\"}]"))
        .isNotEqualTo(hash);
  }

  @Test
  void promptHash_promptOrInput_countsWithoutMessages() {
    int hash = promptHash("\"prompt\":\"a\"");
    assertThat(hash).isNotZero().isEqualTo(promptHash("\"input\":\"a\""));
    assertThat(promptHash("\"input\":[\"a\",\"b\"]")).isEqualTo(hash);
    assertThat(promptHash("\"input\":\"b\",\"prompt\":\"a\"")).isEqualTo(hash);
    assertThat(promptHash("\"messages\":[\"b\"],\"prompt\":\"a\""))
        .isEqualTo(promptHash("\"prompt\":\"b\""));
    assertThat(promptHash("\"messages\":[],\"prompt\":\"a\"")).isEqualTo(hash);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"messages\":[]",
        "\"messages\":null",
        "\"prompt\":[1,2]",
        "\"input\":{\"a\":\"b\"}",
        "\"x\":[\"a\"]",
        "\"messages\":[],\"x\":{\"a\":\"b\"}",
        "\"prompt\":\"a\",\"prompt\":1"
      })
  void promptHash_noText_isZero(String members) {
    assertThat(promptHash(members)).isZero();
  }

  @Test
  void promptHash_beyondFourKibibytes_isIgnored() {
    String beginning = "\"prompt\":\"" + "p".repeat(4095);
    assertThat(promptHash(beginning + "a\"")).isEqualTo(promptHash(beginning + "b and more\""));
    String shorter = beginning.substring(0, beginning.length() - 1);
    assertThat(promptHash(shorter + "a\"")).isNotEqualTo(promptHash(shorter + "b\""));
  }

  @Test
  void feed_onceBad_staysBad() {
    RequestPeek peek = new RequestPeek();
    assertThat(peek.feed(Unpooled.copiedBuffer("{\"a\":1,", UTF_8))).isTrue();
    assertThat(peek.feed(Unpooled.copiedBuffer("}", UTF_8))).isFalse();
    assertThat(peek.feed(Unpooled.copiedBuffer("\"model\":\"m\"}", UTF_8))).isFalse();
    assertThat(refused(peek.finish()).message()).contains("byte 7");
  }

  @Test
  void feed_badModel_isKnownBeforeTheEnd() {
    RequestPeek peek = new RequestPeek();
    assertThat(peek.feed(Unpooled.copiedBuffer("{\"model\":1,", UTF_8))).isFalse();
    assertThat(refused(peek.finish()).error()).isEqualTo(GatewayError.INVALID_MODEL);
  }

  @Test
  void feed_readOnlyAndDirectBuffers_areScannedInPlace() {
    byte[] body = ("{\"x\":\"" + "y".repeat(20_000) + "\",\"model\":\"m\"}").getBytes(UTF_8);
    PeekResult expected = peek(body);
    for (ByteBuf buffer :
        new ByteBuf[] {
          Unpooled.wrappedBuffer(body).asReadOnly(),
          Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(body.length).put(body).flip()),
          Chunks.buffer(body, 0, body.length, 2)
        }) {
      RequestPeek peek = new RequestPeek();
      assertThat(peek.feed(buffer)).isTrue();
      assertThat(buffer.readableBytes()).isEqualTo(body.length);
      assertThat(peek.finish()).isEqualTo(expected);
      buffer.release();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"model\":\"a\"}",
        "{\"model\":\"a\",\"prompt\":\"p\"}",
        "{\"model\":\"a\",\"input\":\"i\"}",
        "{\"model\":\"a\",\"messages\":[]}"
      })
  void peek_bodyWithLess_afterOneWithEverything_remembersNothing(String body) {
    RequestPeek peek = new RequestPeek();
    peek.feed(
        Unpooled.copiedBuffer(
            """
            {"model":"b","stream":true,"user":"u","previous_response_id":"r",
             "messages":[{"role":"user","content":"m"}],"prompt":"q","input":"j"}\
            """,
            UTF_8));
    peek.begin();
    peek.feed(Unpooled.copiedBuffer(body, UTF_8));
    assertThat(peek.finish()).isEqualTo(peek(body.getBytes(UTF_8)));
  }
}
