package dev.loragateway.bench.chaos;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Locale;

/**
 * Sends one request on a connection of its own, byte by byte as HTTP/1.1 has it, so that it can
 * tell every way in which an answer may end. Confined to one thread.
 */
final class ChaosClient {
  /** Longer than the gateway's own timeouts in these runs. */
  private static final int PATIENCE_MILLIS = 30_000;

  private static final String DONE = "data: [DONE]";

  private final int port;

  ChaosClient(int port) {
    this.port = port;
  }

  /**
   * Sends a request and reads its answer.
   *
   * @param leaveAfter leaves after so many chunks of a stream; negative = never
   */
  Outcome send(String model, boolean stream, int tokens, int leaveAfter) {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.getOutputStream().write(request(model, stream, tokens));
      return read(new BufferedInputStream(socket.getInputStream()), stream, leaveAfter);
    } catch (SocketTimeoutException e) {
      return Outcome.HUNG;
    } catch (IOException e) {
      return Outcome.GARBLED;
    }
  }

  private static byte[] request(String model, boolean stream, int tokens) {
    String body =
        "{\"model\":\"%s\",\"stream\":%s,\"max_tokens\":%d,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"
            .formatted(model, stream, tokens);
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: chaos\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        .formatted(body.length(), body)
        .getBytes(ISO_8859_1);
  }

  private static Outcome read(InputStream in, boolean stream, int leaveAfter) throws IOException {
    String status = line(in);
    if (!status.startsWith("HTTP/1.1 ")) {
      return Outcome.GARBLED;
    }
    int code = Integer.parseInt(status.substring(9, 12));
    long length = -1;
    boolean chunked = false;
    for (String header = line(in); !header.isEmpty(); header = line(in)) {
      String lower = header.toLowerCase(Locale.ROOT);
      chunked |= lower.equals("transfer-encoding: chunked");
      if (lower.startsWith("content-length:")) {
        length = Long.parseLong(lower.substring(15).trim());
      }
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    boolean whole;
    try {
      whole = chunked ? chunks(in, body, leaveAfter) : exactly(in, body, length);
    } catch (LeftException e) {
      return Outcome.LEFT;
    } catch (SocketTimeoutException e) {
      return Outcome.HUNG;
    } catch (IOException e) {
      whole = false;
    }
    return judge(code, stream, whole, body.toString(UTF_8));
  }

  private static Outcome judge(int code, boolean stream, boolean whole, String body) {
    if (code >= 400) {
      return whole && body.startsWith("{") && body.endsWith("}") ? Outcome.ERROR : Outcome.CUT;
    }
    if (!stream) {
      return !whole ? Outcome.CUT : body.endsWith("}") ? Outcome.SUCCESS : Outcome.TRUNCATED;
    }
    String trimmed = body.stripTrailing();
    if (whole) {
      return trimmed.endsWith(DONE) ? Outcome.SUCCESS : Outcome.TRUNCATED;
    }
    int last = trimmed.lastIndexOf("\n\n");
    String event = last < 0 ? trimmed : trimmed.substring(last + 2);
    return event.startsWith("data: {\"error\":") && event.endsWith("}")
        ? Outcome.ERROR_EVENT
        : Outcome.CUT;
  }

  private static final class LeftException extends IOException {
    private static final long serialVersionUID = 1;
  }

  /** Returns whether the last chunk came. */
  private static boolean chunks(InputStream in, ByteArrayOutputStream body, int leaveAfter)
      throws IOException {
    for (int n = 0; ; n++) {
      if (n == leaveAfter) {
        throw new LeftException();
      }
      int size = Integer.parseInt(line(in), 16);
      if (size == 0) {
        return line(in).isEmpty();
      }
      if (!exactly(in, body, size) || !line(in).isEmpty()) {
        return false;
      }
    }
  }

  /** Returns whether all of it came. */
  private static boolean exactly(InputStream in, ByteArrayOutputStream body, long length)
      throws IOException {
    byte[] buffer = new byte[8192];
    long left = length;
    while (left != 0) {
      int want = (int) (left < 0 ? buffer.length : Math.min(buffer.length, left));
      int read = in.read(buffer, 0, want);
      if (read < 0) {
        return left < 0;
      }
      body.write(buffer, 0, read);
      left -= left < 0 ? 0 : read;
    }
    return true;
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException();
      }
      line.append((char) b);
    }
    int end = line.length();
    return end > 0 && line.charAt(end - 1) == '\r' ? line.substring(0, end - 1) : line.toString();
  }
}
