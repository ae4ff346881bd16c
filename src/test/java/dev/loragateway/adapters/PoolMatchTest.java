package dev.loragateway.adapters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.ModelCard;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.RegistryListener;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PoolMatchTest {
  private final Map<PoolSettings, List<Endpoint>> pools = new LinkedHashMap<>();
  private final Map<Endpoint, ModelCard> cards = new LinkedHashMap<>();

  /** A pool whose server says that its base model was read from {@code root}. */
  private void pool(String name, String baseModel, @Nullable String root) {
    Endpoint endpoint = Endpoint.plain(name, "10.0.0." + (pools.size() + 1), 8000);
    pools.put(PoolSettings.of(name, baseModel), List.of(endpoint));
    cards.put(endpoint, new ModelCard(baseModel, null, root, 0, 4096));
  }

  private PoolMatch match(String baseModel, @Nullable String trainedFor) {
    EndpointRegistry registry =
        new EndpointRegistry(() -> 1, new RegistryListener() {}, Runnable::run);
    registry.configure(pools);
    cards.forEach(
        (endpoint, card) -> {
          registry.modelsBegin(endpoint);
          registry.reportModels(endpoint, List.of(card));
        });
    AdapterFacts facts =
        trainedFor == null ? null : new AdapterFacts(8, 16, List.of(), trainedFor, 4, 1);
    return PoolMatch.of("lora", baseModel, facts, registry.snapshot());
  }

  private @Nullable String pool(PoolMatch match) {
    return match.pool() == null ? null : match.pool().name();
  }

  @Test
  void of_declaredBaseModel_isThePoolThatServesIt() {
    pool("one", "llama", null);
    pool("two", "qwen", null);

    assertThat(pool(match("qwen", null))).isEqualTo("two");
    assertThat(match("qwen", null).refusal()).isEmpty();
  }

  @Test
  void of_declaredBaseModelThatNobodyServes_isRefused() {
    pool("one", "llama", null);
    pool("two", "qwen", null);

    assertThat(match("phi", null))
        .isEqualTo(
            new PoolMatch(null, "no pool serves phi (expected: one of llama, qwen as baseModel)"));
  }

  @Test
  void of_nothingDeclared_theFilesTell() {
    pool("one", "llama", "meta-llama/Llama-3.1-8B");
    pool("two", "qwen", "Qwen/Qwen3-8B");

    assertThat(pool(match("", "Qwen/Qwen3-8B"))).isEqualTo("two");
    assertThat(pool(match("", "/models/llama-3.1-8b/"))).isEqualTo("one");
    assertThat(pool(match("", "llama"))).isEqualTo("one");
  }

  @Test
  void of_nothingDeclaredAndNothingTold_onlyASinglePoolIsFound() {
    pool("one", "llama", null);
    assertThat(pool(match("", null))).isEqualTo("one");

    pool("two", "qwen", null);
    assertThat(match("", null).refusal()).contains("a base model that is not told");
  }

  @Test
  void of_twoPoolsOfTheSameModel_isRefused() {
    pool("one", "a", "meta-llama/Llama-3.1-8B");
    pool("two", "b", "meta-llama/Llama-3.1-8B");

    assertThat(pool(match("", "meta-llama/Llama-3.1-8B"))).isNull();
    assertThat(pool(match("b", "meta-llama/Llama-3.1-8B"))).isEqualTo("two");
  }

  @Test
  void of_filesOfAnotherRepositoryThanDeclared_isRefused() {
    pool("one", "llama", "meta-llama/Llama-3.1-8B");

    assertThat(match("llama", "Qwen/Qwen3-8B").refusal())
        .isEqualTo(
            "it was trained for Qwen/Qwen3-8B, but pool one serves llama, meta-llama/Llama-3.1-8B");
    assertThat(pool(match("llama", "unsloth/Llama-3.1-8B"))).isEqualTo("one");
  }

  @Test
  void of_filesTrainedFromAPath_theDeclarationCounts() {
    pool("one", "llama", "meta-llama/Llama-3.1-8B");

    assertThat(pool(match("llama", "/home/me/some-model"))).isEqualTo("one");
  }
}
