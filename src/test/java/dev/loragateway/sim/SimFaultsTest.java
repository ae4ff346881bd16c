package dev.loragateway.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SimFaultsTest {
  private final SimulatedServer server =
      SimulatedServer.start(SimSettings.of("base", "a", "b").withLoadable("c").withTimeScale(0));
  private final SimFaults faults = server.faults();
  private final SimClient client = new SimClient(server);

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  @Test
  void refuse_onAndOff_closesIdleConnectionsAndListensAgain() throws IOException {
    int port = server.port();
    try (RawConnection idle = new RawConnection(server)) {
      idle.send("GET /version HTTP/1.1\r\nhost: x\r\n\r\n");
      idle.readUntil("0.32.0\"}", 1);
      faults.on(SimFault.REFUSE);
      assertThat(idle.readToEnd()).isEmpty();
    }
    assertThatThrownBy(() -> new RawConnection(server)).isInstanceOf(ConnectException.class);
    faults.off(SimFault.REFUSE);
    assertThat(server.port()).isEqualTo(port);
    assertThat(client.get("/health").statusCode()).isEqualTo(200);
  }

  @Test
  void refuse_answerUnderWay_isFinishedAndThenClosed() throws IOException {
    faults.on(SimFault.STALL);
    try (RawConnection busy = new RawConnection(server)) {
      busy.post("/v1/chat/completions", SimClient.chatBody("a", 1, true));
      busy.readUntil("\r\n\r\n", 1);
      faults.on(SimFault.REFUSE);
      faults.off(SimFault.STALL);
      assertThat(busy.readToEnd()).contains("[DONE]");
    }
  }

  @Test
  void refuse_limitedInTime_endsByItself() {
    faults.on(SimFault.REFUSE, 50);
    await().until(() -> faults.list().isEmpty());
    await().untilAsserted(() -> assertThat(client.get("/health").statusCode()).isEqualTo(200));
  }

  @Test
  void hang_modelRequest_isNeverAnsweredWhileOthersAre() {
    faults.on(SimFault.HANG);
    CompletableFuture<HttpResponse<String>> answer = client.chatAsync("a", 1);
    await().until(() -> !server.requests().isEmpty());
    assertThat(client.get("/health").statusCode()).isEqualTo(200);
    assertThat(answer).isNotDone();
    answer.cancel(true);
    await().until(() -> server.requests().getFirst().aborted());
  }

  @Test
  void status500_limitedInTimes_strikesSoOften() {
    faults.on(SimFault.STATUS_500, 0, 2);
    assertThat(client.chat("a", 1).statusCode()).isEqualTo(500);
    assertThat(client.chat("a", 1).statusCode()).isEqualTo(500);
    assertThat(client.chat("a", 1).statusCode()).isEqualTo(200);
  }

  @Test
  void everywhere_requestFault_concernsAllPaths() {
    faults.on(SimFault.STATUS_500);
    assertThat(client.get("/v1/models").statusCode()).isEqualTo(200);
    faults.everywhere(true);
    assertThat(client.get("/v1/models").statusCode()).isEqualTo(500);
    assertThat(client.get("/sim/faults").body()).isEqualTo("{\"status500\":0}");
    faults.clear();
    assertThat(client.get("/v1/models").statusCode()).isEqualTo(200);
  }

  @Test
  void resetBeforeResponse_modelRequest_isAResetWithoutAByte() throws IOException {
    faults.on(SimFault.RESET_BEFORE_RESPONSE);
    try (RawConnection connection = new RawConnection(server)) {
      connection.post("/v1/chat/completions", SimClient.chatBody("a", 1, false));
      assertThatThrownBy(connection::readToEnd)
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
    }
    assertThat(server.requests().getFirst().aborted()).isFalse();
  }

  @Test
  void resetMidStream_threeEvents_comeWholeBeforeTheReset() throws IOException {
    faults.on(SimFault.RESET_MID_STREAM, 3);
    try (RawConnection connection = new RawConnection(server)) {
      connection.post("/v1/chat/completions", SimClient.chatBody("a", 50, true));
      connection.readUntil("data: ", 3);
      assertThatThrownBy(connection::readToEnd).isInstanceOf(SocketException.class);
    }
    await().until(() -> client.metrics("vllm:num_requests_running").getFirst().endsWith(" 0.0"));
  }

  @Test
  void resetMidStream_plainAnswer_breaksItsBody() throws IOException {
    faults.on(SimFault.RESET_MID_STREAM);
    try (RawConnection connection = new RawConnection(server)) {
      connection.post("/v1/chat/completions", SimClient.chatBody("a", 5, false));
      assertThat(connection.readUntil("chat.completion", 1)).contains("content-length: ");
      assertThatThrownBy(connection::readToEnd).isInstanceOf(SocketException.class);
    }
  }

  @ParameterizedTest
  @CsvSource({"true, 2", "false, 0"})
  void truncateChunked_answer_endsWithoutTheLastChunk(boolean stream, int events)
      throws IOException {
    faults.on(SimFault.TRUNCATE_CHUNKED, events);
    try (RawConnection connection = new RawConnection(server)) {
      connection.post("/v1/chat/completions", SimClient.chatBody("a", 9, stream));
      String answer = connection.readToEnd();
      assertThat(answer)
          .contains("transfer-encoding: chunked")
          .doesNotContain("\r\n0\r\n\r\n", "[DONE]");
      assertThat(SimClient.events(answer)).hasSize(stream ? 3 : 0);
    }
  }

  @Test
  void slow_modelRequest_isAnsweredLater() {
    faults.on(SimFault.SLOW, 20);
    assertThat(client.chat("a", 1).statusCode()).isEqualTo(200);
  }

  @Test
  void slowEngine_factor_multipliesTheEnginesTimes() {
    faults.on(SimFault.SLOW_ENGINE, 7);
    assertThat(faults.engineFactor()).isEqualTo(7);
    faults.off(SimFault.SLOW_ENGINE);
    assertThat(faults.engineFactor()).isEqualTo(1);
  }

  @Test
  void metricsFaults_eachOfThem_spoilThePage() {
    faults.on(SimFault.DROP_METRICS, 0, 1);
    assertThat(client.get("/metrics").statusCode()).isEqualTo(404);
    faults.on(SimFault.GARBAGE_METRICS, 0, 1);
    assertThat(client.get("/metrics").body()).startsWith("\u0000");
    faults.on(SimFault.HUGE_METRICS, 5_000_000, 1);
    assertThat(client.get("/metrics").body())
        .hasSizeGreaterThan(5_000_000)
        .contains("vllm:num_requests_running");
    faults.on(SimFault.SLOW_METRICS, 5, 1);
    assertThat(client.get("/metrics").body()).contains("vllm:num_requests_running");
  }

  @Test
  void unhealthy_healthAndPing_are503() {
    faults.on(SimFault.UNHEALTHY);
    assertThat(client.get("/health").statusCode()).isEqualTo(503);
    assertThat(client.get("/ping").statusCode()).isEqualTo(503);
    assertThat(client.chat("a", 1).statusCode()).isEqualTo(200);
  }

  @Test
  void loseAdapter_registered_isUnknownButKeepsItsSlot() {
    faults.loseAdapter("a");
    assertThat(client.chat("a", 1).statusCode()).isEqualTo(404);
    assertThat(server.gpu()).contains("a");
  }

  @Test
  void restart_laterLoads_areForgottenAndTheStartTimeChanges() throws IOException {
    String before = client.metrics("process_start_time_seconds").getFirst();
    client.load("c", "/c", false);
    client.chat("c", 1);
    try (RawConnection connection = new RawConnection(server)) {
      connection.send("GET /version HTTP/1.1\r\nhost: x\r\n\r\n");
      connection.readUntil("0.32.0\"}", 1);
      faults.restart();
      assertThatThrownBy(connection::readToEnd).isInstanceOf(SocketException.class);
    }
    assertThat(server.gpu()).containsExactly("a", "b");
    assertThat(server.cpu()).containsExactly("a", "b");
    assertThat(client.get("/v1/models").body()).doesNotContain("\"c\"");
    assertThat(client.metrics("process_start_time_seconds").getFirst()).isNotEqualTo(before);
    assertThat(client.metrics("vllm:lora_requests_info")).isEmpty();
  }

  @Test
  void http_setAndClear_worksAsTheMethods() {
    assertThat(
            client.post("/sim/faults", "{\"kind\":\"status500\",\"on\":true,\"times\":1}").body())
        .isEqualTo("{\"status500\":0}");
    assertThat(client.chat("a", 1).statusCode()).isEqualTo(500);
    client.post("/sim/faults", "{\"kind\":\"slow\",\"value\":3}");
    assertThat(faults.list()).containsEntry(SimFault.SLOW, 3L);
    assertThat(client.post("/sim/faults", "{\"kind\":\"clear\"}").body()).isEqualTo("{}");
    client.post("/sim/faults", "{\"kind\":\"loseAdapter\",\"name\":\"b\"}");
    assertThat(client.chat("b", 1).statusCode()).isEqualTo(404);
    assertThat(client.post("/sim/faults", "{\"kind\":\"restart\"}").statusCode()).isEqualTo(200);
    assertThat(client.chat("b", 1).statusCode()).isEqualTo(200);
    assertThat(client.get("/sim/slots").body())
        .isEqualTo("{\"gpu\":[\"a\",\"b\"],\"cpu\":[\"a\",\"b\"]}");
    assertThat(client.post("/sim/faults", "{\"kind\":\"fire\"}").body()).contains("fire");
  }
}
