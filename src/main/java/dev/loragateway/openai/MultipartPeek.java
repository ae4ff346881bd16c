package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.loragateway.model.GatewayError;
import dev.loragateway.openai.PeekResult.Found;
import dev.loragateway.openai.PeekResult.Refused;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads what routing needs from a whole {@code multipart/form-data} body, the form in which audio
 * is sent: see {@link RequestFacts}. The body is read in place: nothing is copied but headers and
 * the fields of interest, nothing is written to disk, indices and reference count stay. What
 * servers' parsers read differently (another charset, an encoded name, a repeated header) is
 * refused. No bytes make it throw. Confined to one event loop.
 */
public final class MultipartPeek {
  /** What the servers' form parser takes for true. */
  private static final Set<String> TRUE = Set.of("true", "1", "on", "yes", "t", "y");

  /** Longest boundary, in bytes (RFC 2046, 5.1.1). */
  private static final int MAX_BOUNDARY = 70;

  private final ByteBuf body;
  private final MultipartParts parts;
  private @Nullable String model;
  private long modelOffset;
  private int modelLength;
  private boolean stream;
  private @Nullable String user;

  private MultipartPeek(ByteBuf body, String boundary) {
    this.body = body;
    parts = new MultipartParts(body, boundary);
  }

  /**
   * The facts of a body, or the error to answer with.
   *
   * @param contentType the request's {@code content-type}
   * @param body the whole body
   */
  public static PeekResult peek(String contentType, ByteBuf body) {
    HeaderValue type = HeaderValue.parse(contentType);
    if (type == null || !type.value().equals("multipart/form-data")) {
      return invalid("bad content-type", "multipart/form-data; boundary=...");
    }
    String boundary = type.parameter("boundary");
    if (boundary == null || !isBoundary(boundary)) {
      return invalid("bad boundary in content-type", "1 to 70 printable ASCII characters");
    }
    if (type.declaresOtherCharset()) {
      return invalid("unsupported charset in content-type", "utf-8");
    }
    return new MultipartPeek(body, boundary).read();
  }

  private static boolean isBoundary(String text) {
    return !text.isEmpty()
        && text.length() <= MAX_BOUNDARY
        && text.chars().allMatch(c -> c >= ' ' && c < 0x7F && c != '\\')
        && !text.endsWith(" ");
  }

  private PeekResult read() {
    while (parts.next()) {
      Refused refused = part();
      if (refused != null) {
        return refused;
      }
    }
    String complaint = parts.complaint();
    if (complaint != null) {
      return new Refused(GatewayError.INVALID_MULTIPART, complaint);
    }
    return model == null
        ? ModelName.MISSING
        : new Found(
            new RequestFacts(model, stream, user, null, -1, 0, modelOffset, modelLength, true));
  }

  private @Nullable Refused part() {
    HeaderValue disposition = disposition();
    if (disposition == null) {
      return invalid("a part without its name", "content-disposition: form-data; name=\"...\"");
    }
    RequestMember member = RequestMember.named(String.valueOf(disposition.parameter("name")));
    boolean file =
        disposition.parameter("filename") != null || disposition.parameter("filename*") != null;
    if (member == RequestMember.MODEL) {
      return file ? ModelName.IS_FILE : model();
    }
    if (!file) {
      field(member);
    }
    return null;
  }

  /** The part's disposition, or null when it does not name a form field beyond doubt. */
  private @Nullable HeaderValue disposition() {
    String header = parts.header("content-disposition");
    HeaderValue disposition = header == null ? null : HeaderValue.parse(header);
    if (disposition == null || !disposition.value().equals("form-data")) {
      return null;
    }
    String name = disposition.parameter("name");
    return name == null || name.indexOf('\\') >= 0 ? null : disposition;
  }

  private void field(RequestMember member) {
    switch (member) {
      case STREAM -> {
        String value = text(8);
        stream = value != null && TRUE.contains(value.toLowerCase(Locale.ROOT));
      }
      case USER -> user = text(member.limit());
      default -> {}
    }
  }

  private @Nullable Refused model() {
    if (model != null) {
      return ModelName.TWICE;
    }
    if (isEncoded()) {
      return ModelName.ENCODED;
    }
    int limit = RequestMember.MODEL.limit();
    DecodedText name = new DecodedText();
    name.begin(limit);
    byte[] bytes = content(limit + 1);
    name.append(bytes, 0, bytes.length);
    Refused refused = ModelName.refusal(name);
    if (refused == null) {
      model = text(limit);
      refused = model == null ? ModelName.ENCODED : null;
      modelOffset = parts.contentStart() - (long) body.readerIndex();
      modelLength = parts.contentLength();
    }
    return refused;
  }

  /** Whether a server may decode the field to another text than its bytes in UTF-8. */
  private boolean isEncoded() {
    String type = parts.header("content-type");
    HeaderValue parsed = type == null ? null : HeaderValue.parse(type);
    if (type != null && (parsed == null || parsed.declaresOtherCharset())) {
      return true;
    }
    String encoding = parts.header("content-transfer-encoding");
    return encoding != null
        && !Set.of("7bit", "8bit", "binary").contains(encoding.toLowerCase(Locale.ROOT));
  }

  private byte[] content(int most) {
    int length = Math.min(parts.contentLength(), most);
    return ByteBufUtil.getBytes(body, parts.contentStart(), length);
  }

  /** The field's text, or null when it is longer than {@code limit} bytes or not UTF-8. */
  private @Nullable String text(int limit) {
    int length = parts.contentLength();
    return length <= limit && ByteBufUtil.isText(body, parts.contentStart(), length, UTF_8)
        ? new String(content(limit), UTF_8)
        : null;
  }

  private static Refused invalid(String found, String expected) {
    String message = "Invalid multipart body: " + found + " (expected: " + expected + ")";
    return new Refused(GatewayError.INVALID_MULTIPART, message);
  }
}
