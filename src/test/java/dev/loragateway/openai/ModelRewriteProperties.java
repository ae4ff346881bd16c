package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class ModelRewriteProperties {
  private static final Pattern MEMBER =
      Pattern.compile("(\"model\"[ \n\r\t]{0,16}:[ \n\r\t]{0,16})\"acme/up\"");

  @Provide
  Arbitrary<List<String>> pieces() {
    return Arbitraries.of(
            "\"model\"",
            "\"mod",
            "el\"",
            ":",
            " ",
            "\n",
            " ".repeat(9),
            "\"acme/up\"",
            "\"acme/",
            "up\"",
            "\"model\":\"acme/up\"",
            "\"model\": \"acme/up\"",
            "\"model\":\"other\"",
            "\"",
            "{",
            ",",
            "data: ",
            "\n\n",
            "\\\"model\\\":\\\"acme/up\\\"",
            "é")
        .list()
        .ofMaxSize(30);
  }

  private static byte[] rewrite(byte[] answer, long seed) {
    ModelRewrite rewrite = new ModelRewrite("acme/up", "my \"model\"");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Chunks.feed(
        answer,
        seed,
        piece -> drain(rewrite.rewrite(piece, UnpooledByteBufAllocator.DEFAULT), out));
    drain(rewrite.finish(), out);
    return out.toByteArray();
  }

  private static void drain(ByteBuf buffer, ByteArrayOutputStream out) {
    out.writeBytes(ByteBufUtil.getBytes(buffer));
    buffer.release();
  }

  @Property
  void rewrite_anyChunking_replacesEveryMember(
      @ForAll("pieces") List<String> pieces, @ForAll long seed) {
    String answer = String.join("", pieces);
    String expected =
        MEMBER.matcher(answer).replaceAll("$1" + Matcher.quoteReplacement("\"my \\\"model\\\"\""));
    assertThat(new String(rewrite(answer.getBytes(UTF_8), seed), UTF_8)).isEqualTo(expected);
  }

  @Property
  void rewrite_otherBytes_passUnchanged(@ForAll byte[] answer, @ForAll long seed) {
    assertThat(rewrite(answer, seed)).isEqualTo(answer);
  }

  @Property
  void rewrite_any_heldBackIsBounded(@ForAll("pieces") List<String> pieces) {
    ModelRewrite rewrite = new ModelRewrite("acme/up", "c");
    int longest = "\"model\":\"acme/up\"".length() + 2 * ModelRewrite.MAX_SPACE;
    ByteBuf in = Unpooled.copiedBuffer(String.join("", pieces), UTF_8);
    rewrite.rewrite(in, UnpooledByteBufAllocator.DEFAULT).release();
    in.release();
    ByteBuf rest = rewrite.finish();
    assertThat(rest.readableBytes()).isLessThan(longest);
    rest.release();
  }
}
