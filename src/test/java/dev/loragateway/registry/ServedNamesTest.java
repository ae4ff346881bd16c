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

  private void configure(Map<String, List<AliasTarget>> aliases) {
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
        "llama", Set.copyOf(ready.stream().map(Endpoint::address).toList()), expected, 1);
  }

  private PoolSnapshot pool() {
    return registry.snapshot().pools().getFirst();
  }

  private Map<String, Integer> counts(String name) {
    Map<String, Integer> counts = new HashMap<>();
    LongStream.range(0, 1000)
        .map(n -> Hashing.of("session " + n))
        .forEach(dice -> counts.merge(pool().variant(name, dice).adapter(), 1, Integer::sum));
    return counts;
  }

  private static Map<String, List<AliasTarget>> help(AliasTarget... targets) {
    return Map.of("help", List.of(targets));
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
  void serve_revisionOfAnAdapterThatIsNotDeclaredAnyMore_showsNowhere() {
    configure(Map.of());

    serve("support@1", true, one);
    list(one, "old@0123456789ab", "mine@home");

    assertThat(registry.snapshot().cards()).containsOnlyKeys("base", "support", "mine@home");
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
    configure(Map.of("help", AliasTarget.only("support")));

    serve("support@111111111111", true, one);
    assertThat(pool().variant("help", 1).model()).isEqualTo("support@111111111111");

    serve("support@222222222222", true, one);
    assertThat(pool().variant("help", 1).model()).isEqualTo("support@222222222222");
    assertThat(pool().adapter("support@111111111111")).isNull();
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

    Map<String, Integer> counts = counts("support");

    assertThat(counts.get("a")).isBetween(850, 950);
    assertThat(counts.get("b")).isBetween(50, 150);
  }

  @Test
  void alias_ofSeveralModels_sharesTheRequestsByWeight() {
    configure(help(new AliasTarget("a", 90), new AliasTarget("b", 10), new AliasTarget("c", 0)));
    list(one, "a", "b", "c");

    Map<String, Integer> counts = counts("help");

    assertThat(counts).containsOnlyKeys("a", "b");
    assertThat(counts.get("a")).isBetween(850, 950);
    assertThat(registry.snapshot().cards()).containsKey("help");
  }

  @Test
  void alias_ofAModelThatNobodyServes_leavesThatOut() {
    configure(help(new AliasTarget("a", 10), new AliasTarget("b", 90)));
    list(one, "a");
    assertThat(counts("help")).containsOnlyKeys("a");

    list(two, "b");
    assertThat(counts("help").get("b")).isBetween(850, 950);
  }

  @Test
  void alias_ofModelsThatNobodyServes_standsForAllOfThem() {
    configure(help(new AliasTarget("a", 50), new AliasTarget("b", 50)));

    assertThat(counts("help")).containsOnlyKeys("a", "b");
    assertThat(registry.snapshot().cards()).doesNotContainKey("help");
  }

  @Test
  void alias_ofAModelThatIsToBeLoaded_givesItItsShare() {
    configure(help(new AliasTarget("base", 50), new AliasTarget("support", 50)));

    serve("support@1", true);
    assertThat(counts("help").get("support")).isBetween(420, 580);
    assertThat(pool().variants("help"))
        .extracting(Variant::model)
        .containsExactly("base", "support@1");

    serve("support@1", false);
    assertThat(counts("help")).containsOnlyKeys("base");
  }

  @Test
  void alias_ofANameWithVariants_givesEachItsPart() {
    configure(help(new AliasTarget("base", 50), new AliasTarget("support", 50)));
    List<Variant> variants = List.of(new Variant("a@1", "a", 90), new Variant("b@1", "b", 10));
    registry.serve(
        new ServedNames(
            Map.of("support", new Name("llama", variants, SUPPORT)),
            Map.of("a@1", copies(true, List.of(one)), "b@1", copies(true, List.of(one)))));

    Map<String, Integer> counts = counts("help");

    assertThat(counts.get("base")).isBetween(420, 580);
    assertThat(counts.get("a")).isBetween(380, 520);
    assertThat(counts.get("b")).isBetween(20, 90);
  }
}
