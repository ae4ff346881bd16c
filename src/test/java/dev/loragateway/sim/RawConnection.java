package dev.loragateway.sim;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A plain socket to a simulated server. Confined to one thread. */
final class RawConnection implements AutoCloseable {
  private final Socket socket;

  RawConnection(SimulatedServer server) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    socket.setSoTimeout(10_000);
  }

  void send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Sends a POST of a JSON body. */
  void post(String path, String body) throws IOException {
    post(path, "application/json", body);
  }

  /** Sends a POST of a body of some type. */
  void post(String path, String type, String body) throws IOException {
    send(
        "POST %s HTTP/1.1\r\nhost: x\r\ncontent-type: %s\r\ncontent-length: %d\r\n\r\n%s"
            .formatted(path, type, body.length(), body));
  }

  /** Reads until the text has come so often. */
  String readUntil(String text, int times) throws IOException {
    StringBuilder read = new StringBuilder();
    while (read.toString().split(java.util.regex.Pattern.quote(text), -1).length <= times) {
      int next = socket.getInputStream().read();
      if (next < 0) {
        throw new IOException("closed after: " + read);
      }
      read.append((char) next);
    }
    return read.toString();
  }

  /** Reads until the server closes; a reset is an exception. */
  String readToEnd() throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
