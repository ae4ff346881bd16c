package dev.loragateway.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersDecoder;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A client of HTTP/2 that sends whatever bytes it is told to, never opens a window by itself, and
 * takes note of the frames that come while it waits for something. It confirms settings and answers
 * pings then. A read that takes longer than 10 s fails. Confined to one thread, but for {@link
 * #close}.
 */
final class FrameClient implements AutoCloseable {
  /** What came on a stream. */
  static final class Answer {
    private @Nullable Http2Headers head;
    private final StringBuilder body = new StringBuilder();
    private boolean ended;
    private int reset = -1;
    private int window = 65_535;

    int status() {
      return Integer.parseInt(head.status().toString());
    }

    boolean begun() {
      return head != null;
    }

    String body() {
      return body.toString();
    }

    String errorCode() {
      return GatewayExtension.json(body()).path("error").path("code").asText();
    }

    /** Whether it came to its end. */
    boolean whole() {
      return ended;
    }

    /** The error that it was reset with; -1 = it was not. */
    int reset() {
      return reset;
    }

    private boolean over() {
      return ended || reset >= 0;
    }
  }

  /** Why and where the gateway ends the connection. */
  record GoAway(int lastStream, int error) {}

  private static final int PATIENCE = (int) GatewayExtension.SOON.toMillis();

  private static final int FRAME = 16_384;

  private final Socket socket = new Socket();
  private final DataInputStream in;
  private final Http2HeadersDecoder headers = new DefaultHttp2HeadersDecoder(false);
  private final Map<Integer, Answer> answers = new HashMap<>();
  private @Nullable GoAway goAway;
  private int pings;
  private int dataFrames;
  private boolean closed;
  private final boolean confirms;

  /** A connection on which the preface and settings were sent. */
  FrameClient(Gateway gateway) {
    this(gateway, Frames.settings());
  }

  /** The same with other settings, or without any, and then silent. */
  FrameClient(Gateway gateway, String settings) {
    confirms = !settings.isEmpty();
    try {
      socket.connect(
          new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), gateway.port()), PATIENCE);
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(PATIENCE);
      in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    send(Frames.PREFACE + settings);
  }

  /** Sends each char as one byte. */
  FrameClient send(String bytes) {
    if (!sends(bytes)) {
      throw new AssertionError("the gateway has closed the connection");
    }
    return this;
  }

  /** Sends what the gateway need not take to the end; returns whether it did. */
  boolean sends(String bytes) {
    try {
      socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Waits until the gateway has read all that was sent, and was told that its settings are known.
   */
  FrameClient settle() {
    int before = pings;
    send(Frames.ping("settling"));
    readUntil(() -> pings > before);
    return this;
  }

  /** Sends part of a body as the windows allow, unless the stream is over before. */
  FrameClient sendBody(int stream, String bytes) {
    for (int at = 0; at < bytes.length() && !on(stream).over(); at += FRAME) {
      String piece = bytes.substring(at, Math.min(at + FRAME, bytes.length()));
      readUntil(
          () ->
              on(stream).over()
                  || (on(0).window >= piece.length() && on(stream).window >= piece.length()));
      if (!on(stream).over()) {
        on(0).window -= piece.length();
        on(stream).window -= piece.length();
        send(Frames.data(stream, piece));
      }
    }
    return this;
  }

  /** What has come on a stream so far. */
  Answer on(int stream) {
    return answers.computeIfAbsent(stream, key -> new Answer());
  }

  /** Reads until a stream is over. */
  Answer answer(int stream) {
    readUntil(() -> on(stream).over());
    return on(stream);
  }

  /** Reads until the gateway ends the connection by this error, and says nothing else behind it. */
  GoAway goAway(int error) {
    readUntil(() -> goAway != null && goAway.error() == error);
    return goAway;
  }

  /** The latest that came; null = none. */
  @Nullable GoAway goAway() {
    return goAway;
  }

  /** How many pings were answered. */
  int pings() {
    return pings;
  }

  int dataFrames() {
    return dataFrames;
  }

  /** Reads until the gateway has closed the connection. */
  void awaitEnd() {
    while (!closed) {
      readFrame();
    }
  }

  /** Reads frames until that is so. */
  void readUntil(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      if (closed) {
        throw new AssertionError("the connection ended: " + goAway);
      }
      readFrame();
    }
  }

  private void readFrame() {
    try {
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      int stream = in.readInt();
      take(type, flags, stream, Unpooled.wrappedBuffer(in.readNBytes(length)));
    } catch (SocketTimeoutException e) {
      throw new AssertionError("nothing came for 10 s", e);
    } catch (IOException e) {
      // An end, or a reset, which is one, too.
      closed = true;
    }
  }

  private void take(int type, int flags, int stream, ByteBuf payload) {
    switch (type) {
      case Frames.HEADERS -> {
        Http2Headers block = decode(stream, payload);
        if (on(stream).head == null || on(stream).status() < 200) {
          on(stream).head = block;
        }
        on(stream).ended |= (flags & Frames.END_STREAM) != 0;
      }
      case Frames.DATA -> {
        dataFrames++;
        on(stream).body.append(payload.toString(ISO_8859_1));
        on(stream).ended |= (flags & Frames.END_STREAM) != 0;
      }
      case Frames.RST_STREAM -> on(stream).reset = payload.readInt();
      case Frames.WINDOW_UPDATE -> on(stream).window += payload.readInt();
      case Frames.GOAWAY -> goAway = new GoAway(payload.readInt(), payload.readInt());
      case Frames.SETTINGS -> {
        if (confirms && (flags & Frames.ACK) == 0) {
          sends(Frames.frame(Frames.SETTINGS, Frames.ACK, 0, ""));
        }
      }
      case Frames.PING -> {
        if ((flags & Frames.ACK) == 0) {
          sends(Frames.frame(Frames.PING, Frames.ACK, 0, payload.toString(ISO_8859_1)));
        } else {
          pings++;
        }
      }
      default -> {}
    }
  }

  private Http2Headers decode(int stream, ByteBuf block) {
    try {
      return headers.decodeHeaders(stream, block);
    } catch (Http2Exception e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
