package dev.loragateway.bench.scraping;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.model.EndpointLoad;
import dev.loragateway.scrape.Engine;
import dev.loragateway.scrape.EngineMapping;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MetricsPagesTest {
  private static EndpointLoad load(byte[] page) {
    return Objects.requireNonNull(
        EngineMapping.of(Engine.VLLM).map(page, page.length, 1_800_000_000));
  }

  @Test
  void pages_ofOneServer_differInAllButItsStart() throws IOException {
    MetricsPages pages = MetricsPages.of(8, new Random(1));
    assertThat(pages.busy().stream().map(String::new)).doesNotHaveDuplicates();
    assertThat(pages.busy().stream().map(page -> load(page).processStart()).distinct()).hasSize(1);
    assertThat(pages.busy()).allSatisfy(page -> assertThat(page.length).isGreaterThan(45_000));
  }

  @Test
  void pages_busyAndIdle_readAsThat() throws IOException {
    MetricsPages pages = MetricsPages.of(8, new Random(1));
    assertThat(pages.busy()).allSatisfy(page -> assertThat(load(page).running()).isPositive());
    assertThat(pages.idle())
        .allSatisfy(
            page -> {
              assertThat(load(page).running() + load(page).waiting()).isZero();
              assertThat(load(page).idleSeconds().values()).allMatch(idle -> idle > 2);
            });
  }

  @Test
  void usage_sinceBefore_toldForEachSecond() {
    Usage before = new Usage(0, 1, 1e6, 10, Map.of("a", 1.0));
    Usage after = new Usage(2_000_000_000L, 2, 9e6, 30, Map.of("a", 1.5, "b", 0.5));
    Cost cost = after.since(before);
    assertThat(cost).isEqualTo(new Cost(0.5, 4, 10, Map.of("a", 0.25, "b", 0.25)));
    assertThat(cost.cpuMicrosPerScrape()).isEqualTo(50_000);
    assertThat(cost.kilobytesPerScrape()).isEqualTo(400);
    Cost dearer = new Cost(0.9, 1, 1, Map.of());
    Cost cheaper = new Cost(0.1, 1, 1, Map.of());
    assertThat(Cost.median(List.of(dearer, cheaper, cost))).isEqualTo(cost);
  }
}
