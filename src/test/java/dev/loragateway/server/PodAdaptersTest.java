package dev.loragateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.EndpointLoad.LoadedAdapters;
import dev.loragateway.model.ModelCard;
import dev.loragateway.model.Origin;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.RegistryListener;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PodAdaptersTest {
  private static final PoolSettings POOL = PoolSettings.of("p", "base");

  private final EndpointRegistry registry =
      new EndpointRegistry(() -> 1, new RegistryListener() {}, Runnable::run);

  private static Endpoint endpoint(int port, String uid) {
    Endpoint plain = Endpoint.plain("p", "10.0.0.1", port);
    return new Endpoint(
        plain.pool(),
        plain.address(),
        plain.host(),
        plain.port(),
        plain.access(),
        new Origin("", "", uid));
  }

  private void list(Endpoint at, String... adapters) {
    List<ModelCard> cards = new ArrayList<>();
    cards.add(new ModelCard("base", null, null, 0, 0));
    for (String adapter : adapters) {
      cards.add(new ModelCard(adapter, "base", null, 0, 0));
    }
    registry.reportModels(at, cards);
  }

  private void scrape(Endpoint at, int slots, @Nullable LoadedAdapters loaded) {
    registry.scrapeBegins(at);
    registry.report(at, new EndpointLoad(0, 0, 0, slots, 1, 1, Set.of(), loaded));
  }

  private Map<String, List<String>> held() {
    return PodAdapters.held(registry.snapshot());
  }

  @Test
  void pod_whoseSlotsAreNotKnownYet_isLeftOut() {
    Endpoint at = endpoint(8000, "u");
    registry.configure(Map.of(POOL, List.of(at)));
    list(at, "a", "b", "c");
    scrape(at, 0, null);
    assertThat(held()).isEmpty();

    scrape(at, 2, null);

    assertThat(held()).isEqualTo(Map.of("u", List.of("c", "b")));
  }

  @Test
  void pod_withSeveralEndpoints_holdsWhatTheyHoldTogether() {
    Endpoint one = endpoint(8000, "u");
    Endpoint two = endpoint(8001, "u");
    Endpoint none = endpoint(8002, "");
    registry.configure(Map.of(POOL, List.of(one, two, none)));
    List.of(one, two, none).forEach(at -> list(at, "a", "b"));
    scrape(one, 1, null);
    scrape(two, 2, null);
    scrape(none, 2, null);

    assertThat(held()).isEqualTo(Map.of("u", List.of("b", "a")));
  }

  @Test
  void pod_oneOfWhoseEndpointsIsNotKnownYet_isLeftOut() {
    Endpoint one = endpoint(8000, "u");
    Endpoint two = endpoint(8001, "u");
    registry.configure(Map.of(POOL, List.of(one, two)));
    list(one, "a");
    scrape(one, 2, null);
    assertThat(held()).isEmpty();

    scrape(two, 2, null);
    assertThat(held()).as("it has not listed its models").isEmpty();
    list(two, "b");

    assertThat(held()).isEqualTo(Map.of("u", List.of("a", "b")));
  }

  @Test
  void adapter_thatWasUnregistered_isNotHeld() {
    Endpoint at = endpoint(8000, "u");
    registry.configure(Map.of(POOL, List.of(at)));
    list(at, "a", "b");
    scrape(at, 2, null);

    list(at, "b");

    assertThat(held()).isEqualTo(Map.of("u", List.of("b")));
  }

  @Test
  void adapters_thatTheServerReports_areThose() {
    Endpoint at = endpoint(8000, "u");
    registry.configure(Map.of(POOL, List.of(at)));
    list(at, "a", "b");

    scrape(at, 2, new LoadedAdapters(Set.of("a"), Set.of("a", "b")));

    assertThat(held()).isEqualTo(Map.of("u", List.of("a")));
  }
}
