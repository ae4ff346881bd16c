package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.sim.SimulatedServer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** HTTP/2 in the clear, by prior knowledge. */
class CleartextHttp2Test {
  private static final MediaType JSON = MediaType.get("application/json");
  private static final String CHAT =
      "{\"model\":\"base\",\"max_tokens\":3,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private final OkHttpClient client =
      new OkHttpClient.Builder()
          .protocols(List.of(Protocol.H2_PRIOR_KNOWLEDGE))
          .callTimeout(SOON)
          .build();

  private SimulatedServer server;

  @BeforeEach
  void start() {
    server = gateways.simulator("base");
    gateways.closing(
        () -> {
          client.dispatcher().executorService().shutdown();
          client.connectionPool().evictAll();
        });
  }

  private Response chat(Gateway gateway) throws IOException {
    return client
        .newCall(
            new Request.Builder()
                .url("http://127.0.0.1:" + gateway.port() + "/v1/chat/completions")
                .post(RequestBody.create(CHAT, JSON))
                .build())
        .execute();
  }

  @Test
  void requests_onOneConnection_areAnswered() throws IOException {
    Gateway gateway = gateways.start(Setup.of(server.address()));

    for (int i = 0; i < 3; i++) {
      try (Response answer = chat(gateway)) {
        assertThat(answer.protocol()).isEqualTo(Protocol.H2_PRIOR_KNOWLEDGE);
        assertThat(answer.code()).isEqualTo(200);
        assertThat(answer.body().string()).contains("\"usage\"");
      }
    }

    assertThat(gateway.proxy().connections()).isEqualTo(1);
  }

  @Test
  void idleConnection_isClosed() throws IOException {
    Gateway gateway = gateways.start(Setup.of(server.address()).keepAlive(Duration.ofMillis(200)));
    chat(gateway).close();

    await().atMost(SOON).until(() -> gateway.proxy().connections() == 0);

    try (Response answer = chat(gateway)) {
      assertThat(answer.code()).isEqualTo(200);
    }
  }

  @Test
  void halfAPreface_isAnUnfinishedHead() {
    Gateway gateway =
        gateways.start(Setup.of(server.address()).requestHeader(Duration.ofMillis(200)));
    WireClient slow = gateways.client(gateway).send("PRI * HTTP/2.0\r\n\r");

    assertThat(slow.read().errorCode()).isEqualTo("request_header_timeout");
    slow.awaitEnd();
    await().atMost(SOON).until(() -> gateway.proxy().connections() == 0);
  }
}
