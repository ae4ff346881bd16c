package dev.loragateway.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.kubernetes.AdapterEvents.Happened;
import dev.loragateway.kubernetes.LoraAdapterStatus.Instance;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AdapterEventsTest {
  private static LoraAdapterStatus status(String phase, Instance... instances) {
    return new LoraAdapterStatus(
        1L, phase, "r1", "r1", 2, 1, "why", 8, 100L, List.of(instances), List.of());
  }

  private static Instance ready(String address, String revision) {
    return new Instance(address, revision, "Ready", 0, null, null);
  }

  private static Instance failed(String address, int attempts, String message) {
    return new Instance(address, "r1", "Failed", attempts, null, message);
  }

  @Test
  void copies_thatAreReadyNow_areOneEventForEachRevision() {
    LoraAdapterStatus before = status("Ready", ready("a:1", "r1"));
    LoraAdapterStatus after =
        status("Ready", ready("a:1", "r1"), ready("b:1", "r1"), ready("a:1", "r2"));

    assertThat(AdapterEvents.between(before, after))
        .containsExactly(
            new Happened(false, "Loaded", "revision r1 at b:1"),
            new Happened(false, "Loaded", "revision r2 at a:1"));
  }

  @Test
  void endpoints_thatAreMany_areNotAllNamed() {
    Instance[] many =
        IntStream.range(0, 5).mapToObj(i -> ready("e" + i + ":1", "r1")).toArray(Instance[]::new);

    assertThat(AdapterEvents.between(status("Ready"), status("Ready", many)))
        .extracting(Happened::message)
        .containsExactly("revision r1 at e0:1, e1:1, e2:1 and 2 more");
  }

  @Test
  void failure_thatComesAgain_isNoNews() {
    LoraAdapterStatus first = status("Loading", failed("a:1", 1, "no slot"));
    LoraAdapterStatus again = status("Loading", failed("a:1", 2, "no slot"));
    LoraAdapterStatus other = status("Loading", failed("a:1", 3, "no file"));

    assertThat(AdapterEvents.between(status("Loading"), first))
        .containsExactly(new Happened(true, "LoadFailed", "a:1: no slot"));
    assertThat(AdapterEvents.between(first, again)).isEmpty();
    assertThat(AdapterEvents.between(again, other))
        .containsExactly(new Happened(true, "LoadFailed", "a:1: no file"));
  }

  @Test
  void phases_thatMatter_areEvents() {
    LoraAdapterStatus before = status("Loading");

    assertThat(AdapterEvents.between(before, status("Ready")))
        .containsExactly(new Happened(false, "Ready", "1 of 2 endpoints have it"));
    assertThat(AdapterEvents.between(before, status("Degraded")))
        .containsExactly(new Happened(true, "Degraded", "1 of 2 endpoints have it: why"));
    assertThat(AdapterEvents.between(null, status("Refused")))
        .containsExactly(new Happened(true, "Refused", "why"));
    assertThat(AdapterEvents.between(before, status("Archived")))
        .extracting(Happened::reason)
        .containsExactly("Archived");
    assertThat(AdapterEvents.between(before, status("Pending"))).isEmpty();
  }
}
