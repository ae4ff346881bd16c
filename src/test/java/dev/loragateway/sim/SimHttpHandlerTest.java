package dev.loragateway.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SimHttpHandlerTest {
  private static final SimSettings SETTINGS = SimSettings.of("base").withTimeScale(0);

  private final SimulatedServer server =
      SimulatedServer.start(SETTINGS.withIdleClose(Duration.ofMillis(200)));

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void requests_sentAhead_areAnsweredInOrder() throws IOException {
    try (RawConnection connection = new RawConnection(server)) {
      String get = "GET %s HTTP/1.1\r\nhost: x\r\n\r\n";
      connection.post("/v1/completions", "{\"model\":\"base\",\"prompt\":\"a\",\"max_tokens\":1}");
      connection.send(get.formatted("/version") + get.formatted("/load"));
      String answers = connection.readUntil("server_load", 1);
      assertThat(answers.indexOf("text_completion"))
          .isPositive()
          .isLessThan(answers.indexOf("0.32.0"));
    }
  }

  @Test
  void body_chunked_isAccepted() throws IOException {
    try (RawConnection connection = new RawConnection(server)) {
      String head =
          "POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
      connection.send(head + "transfer-encoding: chunked\r\n\r\n10\r\n{\"model\":\"base\",\r\n");
      connection.send("d\r\n\"prompt\":\"a\"}\r\n0\r\n\r\n");
      assertThat(connection.readUntil("text_completion", 1)).startsWith("HTTP/1.1 200 OK");
    }
  }

  @Test
  void idle_afterAnAnswer_closesTheConnection() throws IOException {
    try (RawConnection connection = new RawConnection(server)) {
      connection.send("GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
      assertThat(connection.readToEnd()).startsWith("HTTP/1.1 200 OK").contains("uvicorn");
    }
  }

  @Test
  void request_connectionClose_closesAfterTheAnswer() throws IOException {
    try (SimulatedServer patient = SimulatedServer.start(SETTINGS);
        RawConnection connection = new RawConnection(patient)) {
      connection.send("GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
      assertThat(connection.readToEnd()).contains("connection: close");
    }
  }

  @Test
  void request_notHttp_is400AndClosed() throws IOException {
    try (RawConnection connection = new RawConnection(server)) {
      connection.send("GARBAGE\r\n\r\n");
      assertThat(connection.readToEnd())
          .startsWith("HTTP/1.1 400 Bad Request")
          .endsWith("Invalid HTTP request received.");
    }
  }

  @Test
  void stream_engineStalls_headersComeBeforeAnyToken() throws IOException {
    server.faults().on(SimFault.STALL);
    try (RawConnection connection = new RawConnection(server)) {
      connection.post("/v1/chat/completions", SimClient.chatBody("base", 2, true));
      assertThat(connection.readUntil("\r\n\r\n", 1))
          .startsWith("HTTP/1.1 200 OK")
          .contains("text/event-stream");
      server.faults().off(SimFault.STALL);
      assertThat(connection.readUntil("data: [DONE]\n\n", 1)).contains("\"role\"");
    }
  }

  @Test
  void stream_clientLeavesInTheMiddle_isAborted() throws IOException {
    try (SimulatedServer slow =
            SimulatedServer.start(SETTINGS.withTimeScale(1).withTokenTime(Duration.ofMillis(5)));
        SimClient client = new SimClient(slow)) {
      try (RawConnection connection = new RawConnection(slow)) {
        connection.post("/v1/chat/completions", SimClient.chatBody("base", 30_000, true));
        connection.readUntil("data: ", 3);
      }
      await().until(() -> slow.requests().getFirst().aborted());
      await().until(() -> client.metrics("vllm:num_requests_running").getFirst().endsWith(" 0.0"));
    }
  }
}
