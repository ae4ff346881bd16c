package dev.loragateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** The bytes of a stream are the same on both sides of the gateway, however they are cut. */
final class StreamBytesProperties {
  private static volatile List<String> script = List.of();
  private static RawUpstream server;
  private static Gateway gateway;

  @BeforeContainer
  static void start() throws IOException {
    server =
        new RawUpstream(
            call -> {
              call.stream();
              for (String piece : script) {
                call.chunk(piece);
              }
              call.chunk("");
            });
    gateway = Gateway.start(Setup.of(server.address()).build());
    await()
        .atMost(GatewayExtension.SOON)
        .until(
            () ->
                GatewayExtension.endpoint(gateway, server.address())
                    .path("health")
                    .asText()
                    .equals("up"));
  }

  @AfterContainer
  static void stop() throws IOException {
    gateway.close();
    server.close();
  }

  @Provide
  Arbitrary<List<String>> pieces() {
    Arbitrary<String> text =
        Arbitraries.of(
            "data: {\"id\":\"1\",\"model\":\"lora\"}\n\n",
            "data: {\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":",
            "4}}\n\n",
            ": ping\n\n",
            "event: x\r\n",
            "data: [DONE]",
            "\n",
            "\r",
            "d",
            "\u00c3\u00a9",
            "x".repeat(9000));
    return text.list().ofMinSize(1).ofMaxSize(30);
  }

  @Property(tries = 200)
  void stream_anyChunking_bytesOutAreBytesIn(@ForAll("pieces") List<String> pieces) {
    script = pieces;
    try (WireClient client = new WireClient(gateway.port())) {
      WireResponse answer = client.send(Requests.stream("lora", 1)).read();

      assertThat(answer.whole()).isTrue();
      assertThat(answer.body()).isEqualTo(String.join("", pieces));
    }
  }
}
