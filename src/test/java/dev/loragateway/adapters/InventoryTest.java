package dev.loragateway.adapters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.adapters.AdapterCatalog.Catalog;
import dev.loragateway.adapters.AdapterCatalog.Declared;
import dev.loragateway.adapters.Reconciler.Kind;
import dev.loragateway.adapters.Reconciler.Task;
import dev.loragateway.model.Endpoint;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.Health;
import dev.loragateway.model.ModelCard;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.RegistryListener;
import dev.loragateway.registry.ServedNames;
import dev.loragateway.routing.AdapterDemand;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One endpoint that lists a revision of an adapter, on a clock that only the test moves. */
final class InventoryTest {
  private static final String REVISION = "0123456789ab";
  private static final String MODEL = ServedNames.internal("law", REVISION);

  private final Endpoint one = Endpoint.plain("pool", "10.0.0.1", 8000);
  private final AtomicLong clock = new AtomicLong(1);
  private final EndpointRegistry registry =
      new EndpointRegistry(clock::get, new RegistryListener() {}, Runnable::run);
  private final Inventory inventory = new Inventory();
  private final Reconciler reconciler =
      new Reconciler(inventory, new Scaling(new AdapterDemand(clock::get)));

  @BeforeEach
  void start() {
    registry.configure(Map.of(PoolSettings.of("pool", "base"), List.of(one)));
    AdapterSpec spec =
        new AdapterSpec(
            "law",
            "base",
            AdapterSource.directory(Path.of("/adapters/law")),
            Replicas.of(1),
            Preferences.NONE,
            List.of());
    Declared declared = new Declared(spec, AdapterCatalog.CONFIGURATION);
    inventory.declare(
        new Catalog(Map.of("law", declared), Map.of(), true), AdapterSettings.NONE, clock.get());
    list(MODEL);
    scrape(100);
    registry.reportHealth(one, Health.UP);
    look();
  }

  private void scrape(double processStart) {
    clock.incrementAndGet();
    registry.scrapeBegins(one);
    registry.report(one, new EndpointLoad(0, 0, 0, 2, 1, processStart, Set.of(), null));
  }

  private void list(String... adapters) {
    registry.modelsBegin(one);
    List<ModelCard> cards = new ArrayList<>();
    cards.add(new ModelCard("base", null, null, 0, 4096));
    for (String adapter : adapters) {
      cards.add(new ModelCard(adapter, "base", null, 0, 0));
    }
    registry.reportModels(one, cards);
  }

  private void look() {
    clock.addAndGet(Duration.ofMillis(500).toNanos());
    inventory.observe(registry.snapshot(), clock.get());
  }

  private List<Kind> asked() {
    return reconciler.verifications(AdapterSettings.Loading.DEFAULTS, clock.get()).stream()
        .map(Task::kind)
        .toList();
  }

  private ControlledCopy copy() {
    return Objects.requireNonNull(inventory.copy(one.address(), MODEL));
  }

  private boolean isThere() {
    return inventory.endpoint(one.address()) != null;
  }

  private void answers() {
    assertThat(asked()).containsExactly(Kind.VERIFY);
    copy().busy = false;
    copy().loaded();
  }

  @Test
  void endpointThatCameBackAsTheSameProcess_hasWhatItHad_onceAScrapeTells() {
    answers();

    registry.reportHealth(one, Health.DOWN);
    look();
    assertThat(isThere()).isFalse();
    registry.reportHealth(one, Health.UP);
    look();
    assertThat(isThere()).isFalse();
    scrape(100);
    look();

    assertThat(copy().ready()).isTrue();
    assertThat(asked()).isEmpty();
  }

  @Test
  void endpointThatCameBackAsAnotherProcess_isAskedAgain() {
    answers();

    registry.reportHealth(one, Health.DOWN);
    look();
    registry.reportHealth(one, Health.UP);
    scrape(200);
    list(MODEL);
    look();

    assertThat(copy().ready()).isFalse();
    assertThat(asked()).containsExactly(Kind.VERIFY);
  }

  @Test
  void endpointThatCameBack_andCannotBeScraped_isAskedAgainAfterAWhile() {
    answers();
    registry.reportHealth(one, Health.DOWN);
    look();
    registry.reportHealth(one, Health.UP);
    look();
    assertThat(isThere()).isFalse();

    clock.addAndGet(Duration.ofSeconds(5).toNanos());
    look();

    assertThat(asked()).containsExactly(Kind.VERIFY);
  }

  @Test
  void copyThatTheLeaderTookAway_isNotAskedFor_thoughTheServerListsItStill() {
    inventory.ready("law", REVISION, Set.of(one.address()), clock.get());
    assertThat(copy().ready()).isTrue();

    inventory.ready("law", REVISION, Set.of(), clock.get());
    list(MODEL, "other");
    look();

    assertThat(copy().ready()).isFalse();
    assertThat(asked()).isEmpty();
  }

  @Test
  void copyThatTheLeaderTookAway_countsAgain_whenItIsThereAgain_orThisGatewayLeads() {
    inventory.ready("law", REVISION, Set.of(one.address()), clock.get());
    inventory.ready("law", REVISION, Set.of(), clock.get());

    inventory.ready("law", REVISION, Set.of(one.address()), clock.get());
    assertThat(copy().ready()).isTrue();

    inventory.ready("law", REVISION, Set.of(), clock.get());
    inventory.remember(Map.of(), clock.get(), 0);
    assertThat(asked()).containsExactly(Kind.VERIFY);
  }
}
