package dev.loragateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.loragateway.model.GatewayError;
import dev.loragateway.openai.PeekResult.Found;
import dev.loragateway.openai.PeekResult.Refused;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

class RequestPeekProperties {
  private static final JsonFactory JACKSON = new JsonFactory();

  @Provide
  Arbitrary<byte[]> requests() {
    return JsonTexts.requests();
  }

  @Provide
  Arbitrary<byte[]> damaged() {
    return JsonTexts.damaged();
  }

  @Property
  void peek_anyChunking_sameResult(@ForAll("damaged") byte[] body, @ForAll long seed) {
    RequestPeek peek = new RequestPeek();
    Chunks.feed(body, seed, peek::feed);
    assertThat(peek.finish()).isEqualTo(RequestPeekTest.peek(body));
  }

  @Property
  void peek_randomBytes_neverThrowsAndChunkingIsInvisible(@ForAll byte[] body, @ForAll long seed) {
    RequestPeek peek = new RequestPeek();
    Chunks.feed(body, seed, peek::feed);
    assertThat(peek.finish()).isEqualTo(RequestPeekTest.peek(body));
  }

  @Property
  void peek_afterAnotherBody_remembersNothing(
      @ForAll("damaged") byte[] before, @ForAll boolean finished, @ForAll("requests") byte[] body) {
    RequestPeek peek = new RequestPeek();
    peek.feed(Unpooled.wrappedBuffer(before));
    if (finished) {
      peek.finish();
    }
    peek.begin();
    peek.feed(Unpooled.wrappedBuffer(body));
    assertThat(peek.finish()).isEqualTo(RequestPeekTest.peek(body));
  }

  @Property
  void peek_wholeRequests_agreesWithJackson(@ForAll("requests") byte[] body) throws IOException {
    agree(body);
  }

  @Property(tries = 3000)
  void peek_damagedRequests_agreesWithJackson(@ForAll("damaged") byte[] body) throws IOException {
    agree(body);
  }

  private static void agree(byte[] body) throws IOException {
    PeekResult ours = RequestPeekTest.peek(body);
    Object theirs = jackson(body);
    if (theirs == null) {
      return;
    }
    switch (ours) {
      case Found found -> {
        assertThat(found.facts().model()).isEqualTo(theirs);
        int from = (int) found.facts().modelOffset();
        assertThat(jackson(body, from, found.facts().modelLength())).isEqualTo(theirs);
      }
      case Refused refused when theirs == GatewayError.INVALID_JSON ->
          assertThat(refused.message()).isNotEmpty();
      case Refused refused -> assertThat(refused.error()).isEqualTo(theirs);
    }
  }

  /**
   * The model's name, or the error that the rules name, as read with Jackson; null where Jackson is
   * stricter than the grammar: it wants surrogates in pairs in a name, though not in a value.
   */
  private static @Nullable Object jackson(byte[] body) throws IOException {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      return GatewayError.INVALID_JSON;
    }
    try (JsonParser parser = JACKSON.createParser(text)) {
      return text.startsWith("\uFEFF") ? GatewayError.INVALID_JSON : model(parser);
    } catch (JsonProcessingException e) {
      return e.getMessage().matches("(?s).*surrogate.*in field name.*")
          ? null
          : GatewayError.INVALID_JSON;
    }
  }

  private static Object jackson(byte[] body, int from, int length) throws IOException {
    try (JsonParser parser =
        JACKSON.createParser(new String(body, from, length, StandardCharsets.UTF_8))) {
      parser.nextToken();
      return parser.getText();
    }
  }

  private static Object model(JsonParser parser) throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      return GatewayError.INVALID_JSON;
    }
    Object verdict = GatewayError.MISSING_MODEL;
    boolean seen = false;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      boolean isModel = parser.currentName().equals("model");
      JsonToken value = parser.nextToken();
      if (isModel && (!seen || verdict instanceof String)) {
        verdict = seen ? GatewayError.INVALID_MODEL : judge(value, parser);
        seen = true;
      } else if (value == JsonToken.VALUE_STRING) {
        parser.getText();
      }
      parser.skipChildren();
    }
    return parser.nextToken() == null ? verdict : GatewayError.INVALID_JSON;
  }

  private static Object judge(JsonToken value, JsonParser parser) throws IOException {
    if (value != JsonToken.VALUE_STRING) {
      return GatewayError.INVALID_MODEL;
    }
    String model = parser.getText();
    if (model.isEmpty()) {
      return GatewayError.MISSING_MODEL;
    }
    boolean control = model.chars().anyMatch(c -> c < 0x20 || c == 0x7F);
    boolean unpaired = !StandardCharsets.UTF_8.newEncoder().canEncode(model);
    return control || unpaired ? GatewayError.INVALID_MODEL : model;
  }
}
