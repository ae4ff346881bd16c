package dev.loragateway.bench.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.bench.discovery.Change.Kind;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DiscoveryResultTest {
  private static DiscoveryResult result(List<Change> changes) {
    Sync sync = new Sync(1, 2, 3);
    Quiet quiet = new Quiet(0.5, Map.of());
    return new DiscoveryResult(
        "server", sync, sync, quiet, quiet, new Writing(10, 0, 2, 0.1), changes);
  }

  @Test
  void told_changesOfBothKinds_givesTheQuantilesOfOne() {
    Stream<Change> comes =
        IntStream.rangeClosed(1, 100)
            .mapToObj(ms -> new Change(Kind.COMES, 0, new Delay(2 * ms, 101 - ms)));
    Change terminates = new Change(Kind.TERMINATES, 0, new Delay(1, 1000));
    DiscoveryResult result = result(Stream.concat(comes, Stream.of(terminates)).toList());
    assertThat(result.told(Kind.COMES, 0.5)).isEqualTo(50);
    assertThat(result.told(Kind.COMES, 0.99)).isEqualTo(99);
    assertThat(result.told(Kind.COMES, 1)).isEqualTo(100);
    assertThat(result.updated(Kind.COMES)).isEqualTo(100);
    assertThat(result.told(Kind.TERMINATES, 0.5)).isEqualTo(1000);
  }

  @Test
  void told_noChange_isNoNumber() {
    assertThat(result(List.of()).told(Kind.COMES, 0.5)).isNaN();
  }
}
