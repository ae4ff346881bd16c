package dev.loragateway.adapters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.adapters.CallResult.Done;
import dev.loragateway.adapters.CallResult.Failed;
import dev.loragateway.model.Endpoint;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AwakeServersTest {
  private final Endpoint one = Endpoint.plain("pool", "10.0.0.1", 8000);
  private final Endpoint two = Endpoint.plain("pool", "10.0.0.2", 8000);
  private final List<Boolean> closed = new ArrayList<>();
  private final AwakeServers servers = new AwakeServers(new Asleep());

  /** Tries to close the endpoint during each call to it. */
  private final class Asleep implements ModelServers {
    private CallResult called(Endpoint at) {
      closed.add(servers.close(at));
      return new Done();
    }

    @Override
    public CallResult load(Endpoint at, String name, AdapterSource source) {
      return called(at);
    }

    @Override
    public String engine(Endpoint at) {
      return "vllm";
    }

    @Override
    public CallResult verify(Endpoint at, String name) {
      return called(at);
    }

    @Override
    public CallResult unload(Endpoint at, String name) {
      return called(at);
    }
  }

  @Test
  void callUnderWay_endpointIsNotClosed() throws InterruptedException {
    assertThat(servers.load(one, "a", new AdapterSource("file:///a"))).isEqualTo(new Done());
    assertThat(servers.verify(one, "a")).isEqualTo(new Done());
    assertThat(servers.unload(one, "a")).isEqualTo(new Done());

    assertThat(closed).containsExactly(false, false, false);
    assertThat(servers.close(one)).isTrue();
  }

  @Test
  void closed_noCallBegins_untilOpen() throws InterruptedException {
    assertThat(servers.close(one)).isTrue();
    assertThat(servers.close(one)).isFalse();

    assertThat(servers.verify(one, "a")).isInstanceOf(Failed.class);
    assertThat(servers.verify(one, "a")).isInstanceOf(Failed.class);
    assertThat(servers.verify(two, "a")).isEqualTo(new Done());
    servers.open(one);
    assertThat(servers.verify(one, "a")).isEqualTo(new Done());
  }
}
