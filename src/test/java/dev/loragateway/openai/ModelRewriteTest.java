package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loragateway.openai.PeekResult.Found;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelRewriteTest {
  private static final ByteBufAllocator ALLOC = UnpooledByteBufAllocator.DEFAULT;

  /** The answer after a rewrite of its pieces. */
  static String rewrite(ModelRewrite rewrite, String... pieces) {
    StringBuilder out = new StringBuilder();
    for (String piece : pieces) {
      ByteBuf in = Unpooled.copiedBuffer(piece, UTF_8);
      out.append(text(rewrite.rewrite(in, ALLOC)));
      in.release();
      assertThat(in.refCnt()).isZero();
    }
    return out.append(text(rewrite.finish())).toString();
  }

  private static String text(ByteBuf buffer) {
    String text = buffer.toString(UTF_8);
    buffer.release();
    return text;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"model":"up"}                      | {"model":"client"}
          {"model" : "up","x":{"model":"up"}} | {"model" : "client","x":{"model":"client"}}
          {"model":"up2"}                     | {"model":"up2"}
          {"model":"u"}                       | {"model":"u"}
          {"models":"up"}                     | {"models":"up"}
          {"x":"model","y":"up"}              | {"x":"model","y":"up"}
          {"t":"\\"model\\":\\"up\\""}        | {"t":"\\"model\\":\\"up\\""}
          "model"model":"up"                  | "model"model":"client"
          "model":"model":"up"                | "model":"model":"client"
          {"model":                           | {"model":
          """)
  void rewrite_answer_changesTheModelOnly(String in, String out) {
    assertThat(rewrite(new ModelRewrite("up", "client"), in)).isEqualTo(out);
    String[] bytes = in.split("", -1);
    assertThat(rewrite(new ModelRewrite("up", "client"), bytes)).isEqualTo(out);
  }

  @Test
  void rewrite_spaceAroundColon_isBounded() {
    String most = "\n".repeat(ModelRewrite.MAX_SPACE);
    String in = "\"model\"" + most + ":" + most + "\"up\"";
    assertThat(rewrite(new ModelRewrite("up", "c"), in)).endsWith("\"c\"");
    assertThat(rewrite(new ModelRewrite("up", "c"), in.split("", -1))).endsWith("\"c\"");
    String more = in.replace(":", ": ");
    assertThat(rewrite(new ModelRewrite("up", "c"), more.split("", -1))).isEqualTo(more);
  }

  @Test
  void rewrite_namesThatNeedEscapes_areMatchedAndWrittenEscaped() {
    assertThat(rewrite(new ModelRewrite("é\"\\", "a\"/漢"), "{\"model\":\"é\\\"\\\\\"}"))
        .isEqualTo("{\"model\":\"a\\\"/漢\"}");
  }

  @Test
  void rewrite_streamEvents_areNotHeldBack() {
    ModelRewrite rewrite = new ModelRewrite("up", "client");
    ByteBuf in = Unpooled.copiedBuffer("data: {\"id\":\"c\",\"model\":\"up\"}\n\n", UTF_8);
    assertThat(text(rewrite.rewrite(in, ALLOC)))
        .isEqualTo("data: {\"id\":\"c\",\"model\":\"client\"}\n\n");
    in.release();
    assertThat(text(rewrite.finish())).isEmpty();
  }

  @Test
  void rewrite_nothingToChange_sharesMemory() {
    ByteBuf in = Unpooled.copiedBuffer("data: {\"id\":\"c\"}\n\n", UTF_8);
    ByteBuf out = new ModelRewrite("up", "client").rewrite(in, ALLOC);
    assertThat(out.array()).isSameAs(in.array());
    assertThat(in.refCnt()).isEqualTo(2);
    out.release();
    in.release();
  }

  @Test
  void request_modelInTheMiddle_isReplaced() {
    String body = "{\"x\": 1, \"model\" : \"a\\/b\", \"y\":[]}";
    ByteBuf in = Unpooled.copiedBuffer("##" + body, UTF_8).skipBytes(2);
    RequestPeek peek = new RequestPeek();
    peek.feed(in);
    RequestFacts facts = ((Found) peek.finish()).facts();
    ByteBuf out = ModelRewrite.request(in, facts, "new\"é", ALLOC);
    in.release();
    assertThat(text(out)).isEqualTo("{\"x\": 1, \"model\" : \"new\\\"é\", \"y\":[]}");
    assertThat(in.refCnt()).isZero();
  }

  @Test
  void request_modelOfAForm_isReplacedAsItIs() {
    String body = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\na/b\r\n--b--\r\n";
    ByteBuf in = Unpooled.copiedBuffer("##" + body, UTF_8).skipBytes(2);
    RequestFacts facts =
        ((Found) MultipartPeek.peek("multipart/form-data; boundary=b", in)).facts();
    ByteBuf out = ModelRewrite.request(in, facts, "new é", ALLOC);
    in.release();
    assertThat(text(out)).isEqualTo(body.replace("a/b", "new é"));
    assertThat(in.refCnt()).isZero();
  }

  @Test
  void request_factsOfAnotherBody_isABug() {
    ByteBuf body = Unpooled.copiedBuffer("{}", UTF_8);
    for (RequestFacts facts :
        new RequestFacts[] {
          new RequestFacts("m", false, null, null, -1, 0, -1, 0),
          new RequestFacts("m", false, null, null, -1, 0, 1, 3)
        }) {
      assertThatThrownBy(() -> ModelRewrite.request(body, facts, "n", ALLOC))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected: within the body");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"message":"The model 'a/b@12' is gone"} | {"message":"The model 'c' is gone"}
          {"model":"a/b@12","x":["a/b@12"]}        | {"model":"c","x":["c"]}
          a/b@1a/b@12a/b@1                         | a/b@1ca/b@1
          {"model":"a/b"}                          | {"model":"a/b"}
          """)
  void rewriteEverywhere_changesTheNameWhereverItStands(String in, String out) {
    assertThat(rewrite(ModelRewrite.everywhere("a/b@12", "c"), in)).isEqualTo(out);
    String[] bytes = in.split("", -1);
    assertThat(rewrite(ModelRewrite.everywhere("a/b@12", "c"), bytes)).isEqualTo(out);
  }
}
