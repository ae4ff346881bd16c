package dev.loragateway.scrape;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.UpstreamTls;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.HexFormat;
import javax.net.ssl.SSLSocket;

/**
 * One connection to a model server, for one GET after another over HTTP/1.1 (RFC 9112). Confined to
 * the exchange that uses it.
 */
final class HttpConnection implements AutoCloseable {
  private static final byte[] NO_BYTES = {};

  /** For heads and trailers, in bytes. */
  private static final long MOST_HEAD = 256 << 10;

  private final Socket socket;
  private final OutputStream out;
  private final HttpInput in;
  private boolean answering;
  private boolean reusable;
  private long usedAt;

  private HttpConnection(Socket socket, Socket secured) throws IOException {
    this.socket = socket;
    this.out = secured.getOutputStream();
    this.in = new HttpInput(secured.getInputStream());
  }

  /**
   * Connects, and closes the socket if that fails.
   *
   * @param address of the endpoint's host
   */
  static HttpConnection open(Socket socket, Endpoint endpoint, InetAddress address)
      throws IOException {
    try {
      socket.setTcpNoDelay(true);
      socket.connect(new InetSocketAddress(address, endpoint.port()));
      UpstreamTls tls = endpoint.access().tls();
      return new HttpConnection(socket, tls == null ? socket : secured(socket, endpoint, tls));
    } catch (IOException | RuntimeException e) {
      close(socket);
      throw e;
    }
  }

  private static Socket secured(Socket socket, Endpoint endpoint, UpstreamTls tls)
      throws IOException {
    SSLSocket secured = tls.over(socket, endpoint.host(), endpoint.port());
    secured.startHandshake();
    return secured;
  }

  /**
   * Sends a request and reads its answer.
   *
   * @param request its head
   * @param buffers hold the body; it is in another array if it is longer
   * @param maxBytes largest body that is read; as much again may be framing
   * @param deadline as {@link System#nanoTime}; looked at before each read, which may be late
   */
  Answer ask(byte[] request, PageBuffers buffers, int maxBytes, long deadline) throws IOException {
    answering = false;
    reusable = false;
    in.bound(deadline, MOST_HEAD + 2L * maxBytes);
    out.write(request);
    in.fill();
    answering = true;
    ResponseHead head = ResponseHead.read(in);
    while (head.status() / 100 == 1) {
      head = ResponseHead.read(in);
    }
    Body body = new Body(head.empty() ? NO_BYTES : buffers.take(), maxBytes);
    boolean wanted = false;
    try {
      read(head, body);
      reusable = head.persistent() && !in.buffered();
      usedAt = System.nanoTime();
      wanted = head.status() / 100 == 2;
    } finally {
      if (!wanted) {
        buffers.give(body.page().bytes());
      }
    }
    return wanted
        ? body.page()
        : new Answer.Failed("status " + head.status() + " (expected: 200)", false);
  }

  private void read(ResponseHead head, Body body) throws IOException {
    if (head.empty()) {
      return;
    }
    if (head.chunked()) {
      chunks(body);
    } else if (head.length() >= 0) {
      body.read(in, head.length());
    } else {
      body.readToEnd(in);
    }
  }

  private void chunks(Body body) throws IOException {
    for (int size = chunkSize(); size > 0; size = chunkSize()) {
      body.read(in, size);
      if (!in.line().isEmpty()) {
        throw new IOException("a chunk is longer than announced");
      }
    }
    ResponseHead.skipTrailer(in);
  }

  private int chunkSize() throws IOException {
    String line = in.line();
    int end = line.indexOf(';');
    String digits = (end < 0 ? line : line.substring(0, end)).strip();
    try {
      int size = HexFormat.fromHexDigits(digits);
      if (size >= 0 && !digits.isEmpty()) {
        return size;
      }
    } catch (IllegalArgumentException e) {
      // told below
    }
    throw new IOException("not a chunk's size: " + line);
  }

  /** Returns whether anything of the last request's answer came. */
  boolean answered() {
    return answering;
  }

  /** Returns whether the server lets another request follow. */
  boolean reusable() {
    return reusable;
  }

  /** Returns whether something has come that no request asked for; its end is not seen. */
  boolean stray() throws IOException {
    return socket.getInputStream().available() > 0;
  }

  /** When its last answer was complete. */
  long usedAt() {
    return usedAt;
  }

  /** Below TLS, too. */
  Socket socket() {
    return socket;
  }

  @Override
  public void close() {
    close(socket);
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // nobody is left to be told
    }
  }
}
