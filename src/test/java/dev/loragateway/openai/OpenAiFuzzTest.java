package dev.loragateway.openai;

import static dev.loragateway.fuzz.Fuzzer.same;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.loragateway.fuzz.Fuzzer;
import dev.loragateway.fuzz.Inputs;
import dev.loragateway.model.ModelCard;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Bytes of clients and of model servers, good and bad, in one piece or in any others. */
class OpenAiFuzzTest {
  private static final String CHAT =
      """
      {"model":"acme/law","stream":true,"user":"u-1","max_tokens":16,"temperature":0.5,
       "messages":[{"role":"system","content":"Be \\"short\\"\\n\\u00e9\\ud83d\\ude00"},{"role":"user","content":"Hé"}],
       "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"stream_options":{"include_usage":true}}
      """;
  private static final Inputs REQUESTS =
      Inputs.of(
          List.of(
              CHAT,
              "{\"prompt\":[\"a\",[1,2],\"b\"],\"model\":\"base\",\"max_completion_tokens\":1e2}",
              "{\"model\":\"m\",\"input\":[{\"type\":\"text\",\"text\":\"x\"}],\"previous_response_id\":\"resp_1\"}",
              "{\"model\":\"a\",\"model\":\"b\",\"stream\":false,\"x\":[[[[{}]]],null,true,-0.1e-5]}",
              "[".repeat(300),
              "{\"a\":".repeat(300)),
          "\"model\":",
          "\"model\"",
          "\"stream\":true",
          "\"max_tokens\":",
          "\"messages\":[",
          "\\u",
          "\\ud83d",
          "\\ude00",
          "\\\"",
          "\\",
          "\"",
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "null",
          "true",
          "1e",
          "-",
          "\ufeff",
          "é",
          "😀",
          "\u0000",
          "\u007f",
          "\n",
          "x".repeat(1100));

  private static final String AUDIO =
      """
      multipart/form-data; boundary=b0
      --b0\r
      Content-Disposition: form-data; name="model"\r
      \r
      whisper\r
      --b0\r
      Content-Disposition: form-data; name="file"; filename="a.wav"\r
      Content-Type: audio/wav\r
      \r
      RIFF\u0000\u0001--b\r
      --b0\r
      Content-Disposition: form-data; name="stream"\r
      \r
      true\r
      --b0--\r
      """;
  private static final Inputs FORMS =
      Inputs.of(
          List.of(
              AUDIO,
              AUDIO.replace("boundary=b0", "boundary=\"b0\"; charset=utf-8"),
              "multipart/form-data; boundary=b0\n--b0--\r\n"),
          "--b0",
          "\r\n--b0\r\n",
          "\r\n",
          "\r",
          "\n",
          "boundary=",
          "Content-Disposition: form-data; name=\"model\"\r\n\r\n",
          "content-type: text/plain; charset=latin1\r\n",
          "content-transfer-encoding: base64\r\n",
          "filename*=utf-8''x",
          "name=\"user\"",
          ";",
          "\"",
          "\\",
          "=",
          ":",
          "é",
          "\u0000",
          "x".repeat(1100));

  private static final Inputs ANSWERS =
      Inputs.of(
          List.of(
              SseUsageTest.MESSAGE_START + SseUsageTest.MESSAGE_DELTA,
              """
              : ping

              data: {"id":"chatcmpl-1","model":"law","choices":[{"delta":{"content":"Hi \\"x\\""}}]}

              data: {"usage":{"prompt_tokens":3,"completion_tokens":7},"model" : "law"}

              data: [DONE]

              """,
              """
              data: {"error":{"message":"m","type":"BadRequestError","code":400}}

              """,
              """
              event: response.created\r
              data: {"response":{"id":"resp_ab","model":"law"}}\r
              \r
              """,
              "{\"id\":\"resp_1\",\"model\":\"law\",\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}",
              """
              {"object":"list","data":[{"id":"base","created":7,"root":"base","parent":null,"max_model_len":4096},
               {"id":"law","parent":"base"}]}
              """,
              """
              {"error":{"message":"The model `law` does not exist.","type":"NotFoundError","param":"model","code":404}}
              """,
              "z".repeat(4090) + "\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":1}}"),
          "data: ",
          "event: error\n",
          "\n\n",
          "\r\n\r\n",
          "\r",
          ":",
          "\"usage\":{",
          "\"prompt_tokens\":",
          "\"model\":\"law\"",
          "\"model\"",
          "\"id\":\"resp_",
          "\"error\":{",
          "\"code\":",
          "[DONE]",
          "{",
          "}",
          "\"",
          "\\",
          " ",
          "\ufeff",
          "é",
          "y".repeat(2000));

  /** Counts what it has given out and not got back. */
  private static final UnpooledByteBufAllocator BUFFERS = new UnpooledByteBufAllocator(false);

  private final RequestPeek request = new RequestPeek();

  private PeekResult peek(ByteBuf body) {
    request.begin();
    request.feed(body);
    return request.finish();
  }

  @Test
  void request_neverBreaksThePeek() throws InterruptedException {
    Fuzzer.run("RequestPeek", REQUESTS, this::request);
  }

  private void request(byte[] input, SplittableRandom random) {
    ByteBuf body = Unpooled.wrappedBuffer(input);
    PeekResult whole = peek(body);
    request.begin();
    Chunks.feed(input, random.nextLong(), request::feed);
    same(request.finish(), whole);
    if (whole instanceof PeekResult.Found(RequestFacts facts)) {
      ByteBuf renamed = ModelRewrite.request(body, facts, "other", BUFFERS);
      same(
          peek(renamed),
          new PeekResult.Found(
              new RequestFacts(
                  "other",
                  facts.stream(),
                  facts.user(),
                  facts.previousResponseId(),
                  facts.maxTokens(),
                  facts.promptHash(),
                  facts.modelOffset(),
                  facts.form() ? "other".length() : "\"other\"".length(),
                  facts.form())));
      renamed.release();
    }
    expectNoLeak();
  }

  private static void expectNoLeak() {
    same(BUFFERS.metric().usedHeapMemory() + BUFFERS.metric().usedDirectMemory(), 0L);
  }

  @Test
  void form_neverBreaksThePeek() throws InterruptedException {
    Fuzzer.run("MultipartPeek", FORMS, OpenAiFuzzTest::form);
  }

  private static void form(byte[] input, SplittableRandom random) {
    int line = 0;
    while (line < input.length && input[line] != '\n') {
      line++;
    }
    String type = new String(input, 0, line, UTF_8);
    int from = Math.min(line + 1, input.length);
    PeekResult whole =
        MultipartPeek.peek(type, Unpooled.wrappedBuffer(input, from, input.length - from));
    ByteBuf other = Chunks.buffer(input, from, input.length, 1 + random.nextInt(2));
    same(MultipartPeek.peek(type, other), whole);
    other.release();
  }

  @Test
  void answer_neverBreaksWhatReadsIt() throws InterruptedException {
    Fuzzer.run("answers", ANSWERS, OpenAiFuzzTest::answer);
  }

  private static void answer(byte[] input, SplittableRandom random) throws IOException {
    long seed = random.nextLong();
    SseUsage usage = new SseUsage();
    Chunks.feed(input, seed, usage::add);
    same(usage.usage(Unpooled.EMPTY_BUFFER), new SseUsage().usage(Unpooled.wrappedBuffer(input)));

    ResponseIdPeek id = new ResponseIdPeek();
    Chunks.feed(input, seed, id::add);
    ResponseIdPeek wholeId = new ResponseIdPeek();
    wholeId.add(Unpooled.wrappedBuffer(input));
    same(id.id(), wholeId.id());

    StreamStart begun =
        StreamStart.of(Unpooled.wrappedBuffer(input, 0, random.nextInt(input.length + 1)));
    if (begun != StreamStart.OPEN) {
      same(StreamStart.of(Unpooled.wrappedBuffer(input)), begun);
    }
    if (!Arrays.equals(rewritten(input, seed), rewritten(input, -1))) {
      throw new AssertionError("rewritten otherwise when in pieces");
    }
    expectNoLeak();
    ErrorBody.isModelNotFound(input);
    models(input);
  }

  private static void models(byte[] input) {
    try {
      for (ModelCard card : ModelList.parse(input)) {
        if (card.id().isEmpty() || card.created() < 0 || card.maxModelLen() < 0) {
          throw new AssertionError(card);
        }
      }
    } catch (IOException e) {
      if (e.getMessage() == null || e.getMessage().isBlank()) {
        throw new AssertionError("refused without a reason");
      }
    }
  }

  private static byte[] rewritten(byte[] input, long seed) throws IOException {
    ModelRewrite rewrite = new ModelRewrite("law", "a \"client's\" name");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    if (seed < 0) {
      add(rewrite.rewrite(Unpooled.wrappedBuffer(input), BUFFERS), out);
    } else {
      Chunks.feed(input, seed, piece -> add(rewrite.rewrite(piece, BUFFERS), out));
    }
    add(rewrite.finish(), out);
    return out.toByteArray();
  }

  private static void add(ByteBuf piece, ByteArrayOutputStream out) {
    out.writeBytes(ByteBufUtil.getBytes(piece));
    piece.release();
  }
}
