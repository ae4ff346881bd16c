package dev.loragateway.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A model server of the model {@code base} and the adapter {@code lora} that is healthy and idle,
 * and answers every other request byte by byte as a script says. Thread-safe.
 */
final class RawUpstream implements AutoCloseable {
  private static final String MODELS =
      """
      {"object":"list","data":[
        {"id":"base","object":"model","created":7,"owned_by":"vllm","root":"base","parent":null},
        {"id":"lora","object":"model","created":7,"owned_by":"vllm","root":"lora","parent":"base"}]}
      """;
  private static final String METRICS =
      """
      vllm:num_requests_running{engine="0"} 0
      vllm:num_requests_waiting{engine="0"} 0
      vllm:lora_requests_info{max_lora="4",running_lora_adapters="",waiting_lora_adapters=""} 1
      """;

  /** Answers one request; runs on a thread of its connection. */
  @FunctionalInterface
  interface Script {
    void answer(Call call) throws IOException, InterruptedException;
  }

  private final ServerSocket server;
  private final Script script;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
  private final List<Call> calls = new CopyOnWriteArrayList<>();
  private volatile String early = "";
  private volatile String models = MODELS;
  private volatile String metrics = METRICS;

  RawUpstream(Script script) {
    this(listener(), script);
  }

  RawUpstream(ServerSocket server, Script script) {
    this.server = server;
    this.script = script;
    threads.submit(this::accept);
  }

  private static ServerSocket listener() {
    try {
      return new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int port() {
    return server.getLocalPort();
  }

  String address() {
    return "127.0.0.1:" + server.getLocalPort();
  }

  /** The requests that the script answered, in the order in which they came. */
  List<Call> calls() {
    return List.copyOf(calls);
  }

  /** From now on a request with a body gets this answer before its body is read. */
  void answerBeforeBody(String answer) {
    early = answer;
  }

  /** From now on it has the adapter {@code cold}, too, and one slot for both. */
  void addColdAdapter() {
    models =
        MODELS.replace(
            "]}",
            ",{\"id\":\"cold\",\"object\":\"model\",\"root\":\"cold\",\"parent\":\"base\"}]}");
    metrics = METRICS.replace("max_lora=\"4\"", "max_lora=\"1\"");
  }

  /** From now on it lists another adapter. */
  void list(String adapter) {
    models = models.replace("]}", ",{\"id\":\"" + adapter + "\",\"parent\":\"base\"}]}");
  }

  /** Forgets the requests so far. */
  void forget() {
    calls.clear();
  }

  private Void accept() throws IOException {
    while (true) {
      Socket socket = server.accept();
      socket.setTcpNoDelay(true);
      connections.add(socket);
      threads.submit(() -> serve(socket));
    }
  }

  private Void serve(Socket socket) throws IOException, InterruptedException {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      while (!socket.isClosed()) {
        Call call = Call.read(socket, in, early);
        switch (call.path()) {
          case "/health" -> call.reply(200, "text/plain", "");
          case "/metrics" -> call.reply(200, "text/plain", metrics);
          case "/v1/models" -> call.reply(200, "application/json", models);
          default -> {
            calls.add(call);
            script.answer(call);
          }
        }
      }
    } finally {
      connections.remove(socket);
    }
    return null;
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : connections) {
      socket.close();
    }
    threads.shutdownNow();
    threads.close();
  }

  /** One request, and the means to answer it. Confined to its connection's thread. */
  static final class Call {
    private final Socket socket;
    private final InputStream in;
    private final String head;
    private final String line;
    private final List<String> headers;
    private final byte[] body;

    private Call(Socket socket, InputStream in, String head, byte[] body) {
      List<String> lines = head.lines().map(String::trim).toList();
      this.socket = socket;
      this.in = in;
      this.head = head;
      this.line = lines.getFirst();
      this.headers = lines.subList(1, lines.size() - 1);
      this.body = body;
    }

    private static Call read(Socket socket, InputStream in, String early) throws IOException {
      StringBuilder head = new StringBuilder(line(in));
      int length = 0;
      String header;
      do {
        header = line(in);
        head.append(header);
        if (header.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
          length = Integer.parseInt(header.substring(15).trim());
        }
      } while (!header.isBlank());
      if (length > 0 && !early.isEmpty()) {
        socket.getOutputStream().write(early.getBytes(ISO_8859_1));
        socket.shutdownOutput();
      }
      return new Call(socket, in, head.toString(), in.readNBytes(length));
    }

    private static String line(InputStream in) throws IOException {
      StringBuilder line = new StringBuilder();
      for (int next = in.read(); next != '\n'; next = in.read()) {
        if (next < 0) {
          throw new EOFException();
        }
        line.append((char) next);
      }
      return line.append('\n').toString();
    }

    /** The gateway's port, which tells connections apart. */
    int connection() {
      return socket.getPort();
    }

    /** Request line and headers as they came, with the empty line at their end. */
    String head() {
      return head;
    }

    /** The request line. */
    String line() {
      return line;
    }

    /** Path and query. */
    String path() {
      return line.split(" ", 3)[1];
    }

    /** The values of a header, in their order. */
    List<String> headers(String name) {
      String prefix = name.toLowerCase(Locale.ROOT) + ":";
      return headers.stream()
          .filter(header -> header.toLowerCase(Locale.ROOT).startsWith(prefix))
          .map(header -> header.substring(prefix.length()).trim())
          .toList();
    }

    String body() {
      return new String(body, ISO_8859_1);
    }

    /** Sends each char as one byte, at once. */
    Call write(String bytes) throws IOException {
      return write(bytes.getBytes(ISO_8859_1));
    }

    Call write(byte[] bytes) throws IOException {
      OutputStream out = socket.getOutputStream();
      out.write(bytes);
      out.flush();
      return this;
    }

    /** Sends a chunk. */
    Call chunk(String data) throws IOException {
      return write(Integer.toHexString(data.length()) + "\r\n" + data + "\r\n");
    }

    /** Sends the head of a stream. */
    Call stream() throws IOException {
      return write(
          """
          HTTP/1.1 200 OK\r
          Content-Type: text/event-stream; charset=utf-8\r
          Transfer-Encoding: chunked\r
          \r
          """);
    }

    void reply(int status, String type, String body) throws IOException {
      write(
          "HTTP/1.1 %d Status\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s"
              .formatted(status, type, body.length(), body));
    }

    void close() throws IOException {
      socket.close();
    }

    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }

    /** Returns when the gateway has closed the connection. */
    void awaitEnd() {
      try {
        while (in.read() >= 0) {
          // Bytes that come before the end do not matter.
        }
      } catch (IOException e) {
        // A reset ends a connection, too.
      }
    }
  }
}
