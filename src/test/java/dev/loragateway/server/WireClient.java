package dev.loragateway.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A client that sends bytes as they are and reads answers by their framing. A read that takes
 * longer than 10 s fails. Confined to one thread, but for {@link #close}.
 */
final class WireClient implements AutoCloseable {
  private static final int PATIENCE = (int) GatewayExtension.SOON.toMillis();

  private final Socket socket = new Socket();
  private final InputStream in;

  WireClient(int port) {
    this(port, 0);
  }

  /** A client whose kernel holds only about so many bytes that were not read; 0 = as usual. */
  WireClient(int port, int receiveBuffer) {
    try {
      if (receiveBuffer > 0) {
        socket.setReceiveBufferSize(receiveBuffer);
      }
      socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), PATIENCE);
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(PATIENCE);
      in = new BufferedInputStream(socket.getInputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends each char as one byte. */
  WireClient send(String bytes) {
    return send(bytes.getBytes(ISO_8859_1));
  }

  WireClient send(byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads one answer; an interim one counts as one. */
  WireResponse read() {
    WireResponse head = readHead();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    boolean whole = readBody(head, body);
    return new WireResponse(head.status(), head.headers(), body.toString(ISO_8859_1), whole);
  }

  /** Reads a status line and headers. */
  WireResponse readHead() {
    try {
      String status = line();
      List<Map.Entry<String, String>> headers = new ArrayList<>();
      for (String line = line(); !line.isEmpty(); line = line()) {
        int colon = line.indexOf(':');
        String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
        headers.add(Map.entry(name, line.substring(colon + 1).trim()));
      }
      int code = Integer.parseInt(status.split(" ", 3)[1]);
      return new WireResponse(code, headers, "", false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads the data of one chunk; empty = the last one. */
  String readChunk() {
    try {
      return new String(chunk(), ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads so many bytes. */
  byte[] readBytes(int count) {
    try {
      byte[] bytes = in.readNBytes(count);
      if (bytes.length < count) {
        throw new EOFException("after " + bytes.length + " of " + count + " bytes");
      }
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads to the end of an answer's body; returns whether it came to that end. */
  boolean readBody(WireResponse head, ByteArrayOutputStream body) {
    try {
      if (head.status() < 200 || head.status() == 204 || head.status() == 304) {
        return true;
      }
      if (head.chunked()) {
        for (byte[] chunk = chunk(); chunk.length > 0; chunk = chunk()) {
          body.writeBytes(chunk);
        }
        return true;
      }
      String length = head.header("content-length");
      if (length == null) {
        body.writeBytes(in.readAllBytes());
        return true;
      }
      body.writeBytes(in.readNBytes(Integer.parseInt(length)));
      return body.size() == Integer.parseInt(length);
    } catch (SocketTimeoutException e) {
      throw new UncheckedIOException("no end of the answer after " + body.size() + " bytes", e);
    } catch (IOException e) {
      return false;
    }
  }

  /** Reads all there is until the peer closes the connection. */
  String readToEnd() {
    try {
      return new String(in.readAllBytes(), ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits for the peer to close the connection; bytes before that are an error. */
  void awaitEnd() {
    try {
      int next = in.read();
      if (next >= 0) {
        throw new AssertionError("expected the end of the connection, but a byte came: " + next);
      }
    } catch (SocketTimeoutException e) {
      throw new AssertionError("the connection was not closed", e);
    } catch (IOException e) {
      // A reset ends a connection, too.
    }
  }

  /** Ends the sending side only. */
  void endOutput() {
    try {
      socket.shutdownOutput();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Closes with a reset. */
  void reset() {
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    close();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private byte[] chunk() throws IOException {
    int size = Integer.parseInt(line(), 16);
    byte[] data = in.readNBytes(size);
    if (data.length < size || !line().isEmpty()) {
      throw new EOFException("a chunk is cut off");
    }
    return data;
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new EOFException("the connection ended in a line: " + line);
      }
      line.append((char) next);
    }
    if (line.isEmpty() || line.charAt(line.length() - 1) != '\r') {
      throw new IOException("a line does not end in CRLF: " + line);
    }
    return line.substring(0, line.length() - 1);
  }
}
