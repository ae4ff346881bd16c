package dev.loragateway.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerEncoderTest {
  private final EmbeddedChannel channel = new EmbeddedChannel(new AnswerEncoder());

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  static HttpResponse head(boolean chunked) {
    HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
    HttpUtil.setTransferEncodingChunked(head, chunked);
    return head;
  }

  static HttpContent content(String text) {
    return new DefaultHttpContent(Unpooled.copiedBuffer(text, US_ASCII));
  }

  List<String> written() {
    List<String> all = new ArrayList<>();
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      all.add(out.toString(US_ASCII));
      out.release();
    }
    return all;
  }

  @Test
  void encode_smallChunk_isOneBuffer() {
    channel.writeOutbound(head(true));
    written();
    HttpContent content = content("data: {}\n\n");
    channel.writeOutbound(content);
    assertThat(written()).containsExactly("a\r\ndata: {}\n\n\r\n");
    assertThat(content.refCnt()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 15, 16, 17, 255, 256, 257, 2047, 2048, 2049, 70_000})
  void encode_chunkOfAnySize_isReadBack(int size) {
    String text = "x".repeat(size);
    channel.writeOutbound(
        head(true), content(text), content(""), LastHttpContent.EMPTY_LAST_CONTENT);
    EmbeddedChannel client = new EmbeddedChannel(new HttpResponseDecoder());
    written().forEach(piece -> client.writeInbound(Unpooled.copiedBuffer(piece, US_ASCII)));
    StringBuilder body = new StringBuilder();
    boolean last = false;
    for (HttpObject in = client.readInbound(); in != null; in = client.readInbound()) {
      assertThat(in.decoderResult().isSuccess()).isTrue();
      if (in instanceof HttpContent piece) {
        body.append(piece.content().toString(US_ASCII));
        piece.release();
      }
      last = in instanceof LastHttpContent;
    }
    assertThat(body).hasToString(text);
    assertThat(last).isTrue();
  }

  @Test
  void encode_answerWithoutChunksAfterOneWithThem_isNotChunked() {
    channel.writeOutbound(head(true), content("a"), LastHttpContent.EMPTY_LAST_CONTENT);
    written();
    HttpResponse sized = head(false);
    HttpUtil.setContentLength(sized, 2);
    channel.writeOutbound(sized, content("bc"), LastHttpContent.EMPTY_LAST_CONTENT);
    assertThat(String.join("", written())).endsWith("\r\n\r\nbc");
  }
}
