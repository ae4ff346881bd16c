package dev.loragateway.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.Health;
import dev.loragateway.model.ModelCard;
import dev.loragateway.registry.ServedNames.Copies;
import dev.loragateway.registry.ServedNames.Name;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ServedNamesTest {
  private static final ModelCard SUPPORT = new ModelCard("support", "base", null, 0, 0);
  private final Endpoint one = Endpoint.plain("llama", "10.0.0.1", 8000);
  private final Endpoint two = Endpoint.plain("llama", "10.0.0.2", 8000);
  private final AtomicLong clock = new AtomicLong(1);
  private final EndpointRegistry registry =
      new EndpointRegistry(clock::get, new RegistryListener() {}, Runnable::run);

  private void configure(Map<String, String> aliases) {
    PoolSettings plain = PoolSettings.of("llama", "base");
    PoolSettings pool =
        new PoolSettings(
            "llama",
            "base",
            false,
            0,
            0,
            true,
            plain.staleAfter(),
            aliases,
            plain.routing(),
            plain.queue(),
            plain.scaling());
    registry.configure(Map.of(pool, List.of(one, two)));
    list(one);
    list(two);
  }

  private void list(Endpoint endpoint, String... adapters) {
    registry.modelsBegin(endpoint);
    answer(endpoint, adapters);
  }

  private void answer(Endpoint endpoint, String... adapters) {
    List<ModelCard> cards = new ArrayList<>();
    cards.add(new ModelCard("base", null, null, 0, 4096));
    for (String adapter : adapters) {
      cards.add(new ModelCard(adapter, "base", null, 0, 0));
    }
    registry.reportModels(endpoint, cards);
    registry.reportHealth(endpoint, Health.UP);
  }

  private void serve(String model, boolean expected, Endpoint... ready) {
    Name name = new Name("llama", List.of(new Variant(model, "support")), SUPPORT);
    registry.serve(
        new ServedNames(Map.of("support", name), Map.of(model, copies(expected, List.of(ready)))));
  }

  private static Copies copies(boolean expected, List<Endpoint> ready) {
    return new Copies(
        "llama", Set.copyOf(ready.stream().map(Endpoint::address).toList()), expected);
  }

  private PoolSnapshot pool() {
    return registry.snapshot().pools().getFirst();
  }

  private List<Boolean> registered(String model) {
    AdapterRow row = pool().adapter(model);
    assertThat(row).isNotNull();
    return List.of(row.registered(0), row.registered(1));
  }

  @Test
  void serve_loadedModel_isAskedForAtOnceWhereItIsReady() {
    configure(Map.of());

    serve("support@1", true, two);

    assertThat(registered("support@1")).containsExactly(false, true);
    assertThat(pool().variant("support", 7).model()).isEqualTo("support@1");
    assertThat(pool().variant("support", 7).adapter()).isEqualTo("support");
  }

  @Test
  void serve_internalName_showsNowhere() {
    configure(Map.of());

    serve("support@1", true, one);
    list(one, "support@1");

    assertThat(registry.snapshot().cards()).containsOnlyKeys("base", "support");
    assertThat(registry.snapshot().pool("support@1")).isNull();
    assertThat(registry.snapshot().pool("support")).isNotNull();
  }

  @Test
  void serve_modelThatIsListedButNotReady_isNotAskedFor() {
    configure(Map.of());
    serve("support@1", true);

    list(one, "support@1");

    assertThat(registered("support@1")).containsExactly(false, false);
  }

  @Test
  void list_askedForBeforeTheLoad_doesNotTakeItAway() {
    configure(Map.of());
    registry.modelsBegin(one);
    clock.addAndGet(1);
    serve("support@1", true, one);

    answer(one);
    assertThat(registered("support@1")).containsExactly(true, false);

    clock.addAndGet(1);
    list(one);
    assertThat(registered("support@1")).containsExactly(false, false);
  }

  @Test
  void lost_model_isNotAskedForUntilItIsToldAgain() {
    configure(Map.of());
    serve("support@1", true, one);

    registry.lost(one, "support@1");
    assertThat(registered("support@1")).containsExactly(false, false);

    serve("support@1", true);
    serve("support@1", true, one);
    assertThat(registered("support@1")).containsExactly(true, false);
  }

  @Test
  void alias_ofAServedName_standsForItsRevision() {
    configure(Map.of("help", "support"));

    serve("support@1", true, one);
    assertThat(pool().variant("help", 1).model()).isEqualTo("support@1");

    serve("support@2", true, one);
    assertThat(pool().variant("help", 1).model()).isEqualTo("support@2");
    assertThat(pool().adapter("support@1")).isNull();
    assertThat(registry.snapshot().cards()).containsOnlyKeys("base", "support", "help");
  }

  @Test
  void name_thatAServerWasStartedWith_isServedUntilTheRevisionIsLoaded() {
    configure(Map.of());
    list(one, "support");

    serve("support@1", true);
    assertThat(pool().variant("support", 1).model()).isEqualTo("support");

    serve("support@1", true, two);
    assertThat(pool().variant("support", 1).model()).isEqualTo("support@1");
  }

  @Test
  void variants_shareTheRequestsByWeight() {
    configure(Map.of());
    List<Variant> variants = List.of(new Variant("a@1", "a", 90), new Variant("b@1", "b", 10));
    registry.serve(
        new ServedNames(
            Map.of("support", new Name("llama", variants, SUPPORT)),
            Map.of("a@1", copies(true, List.of(one)), "b@1", copies(true, List.of(one)))));

    Map<String, Integer> counts = new HashMap<>();
    LongStream.range(0, 1000)
        .map(n -> Hashing.of("session " + n))
        .forEach(dice -> counts.merge(pool().variant("support", dice).adapter(), 1, Integer::sum));

    assertThat(counts.get("a")).isBetween(850, 950);
    assertThat(counts.get("b")).isBetween(50, 150);
  }
}
