package dev.loragateway.kubernetes;

import static dev.loragateway.kubernetes.AdapterReports.fares;
import static dev.loragateway.kubernetes.AdapterReports.ready;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.adapters.AdapterPhase;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What is decided about objects, without a server. */
class AdapterWriterTest {
  private static final Instant THEN = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant NOW = Instant.parse("2026-01-02T00:00:00Z");

  private final AtomicLong nanos = new AtomicLong();

  private static LoraAdapter object(String metadata) {
    return new KubernetesSerialization()
        .unmarshal(
            """
            apiVersion: loragateway.dev/v1alpha1
            kind: LoraAdapter
            metadata: { namespace: llm, name: a, uid: u, generation: 3, %s }
            spec: { source: { url: /a } }
            """
                .formatted(metadata),
            LoraAdapter.class);
  }

  private static AdapterObject read(LoraAdapter object) {
    return new SpecReader((namespace, secret) -> new Credentials.Found(Map.of())).read(object);
  }

  private static Condition condition(LoraAdapterStatus status, String type) {
    return status.conditions().stream()
        .filter(one -> one.getType().equals(type))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void condition_thatStaysWhatItIs_keepsItsTime() {
    LoraAdapter object = object("");
    var loading = fares("a", "kubernetes:llm/a", AdapterPhase.LOADING, "").get("a");
    var ready = fares("a", "kubernetes:llm/a", AdapterPhase.READY, "", ready("h:1")).get("a");
    object.setStatus(NextStatus.of(object, loading, THEN));

    LoraAdapterStatus next = NextStatus.of(object, ready, NOW);

    assertThat(condition(next, "Accepted").getLastTransitionTime()).isEqualTo(THEN.toString());
    assertThat(condition(next, "Ready").getLastTransitionTime()).isEqualTo(NOW.toString());
    assertThat(condition(next, "Ready").getObservedGeneration()).isEqualTo(3);
    assertThat(NextStatus.of(object, loading, NOW)).isEqualTo(object.getStatus());
  }

  @Test
  void status_beforeTheControllerHasSaidAnything_keepsWhatTheLastOneWrote() {
    LoraAdapter object = object("");
    var ready = fares("a", "kubernetes:llm/a", AdapterPhase.READY, "", ready("h:1")).get("a");
    object.setStatus(NextStatus.of(object, ready, THEN));

    assertThat(NextStatus.accepted(object, NOW)).isEqualTo(object.getStatus());
  }

  private List<String> next(LoraAdapter object, boolean held) {
    return new Finalizers(name -> held, nanos::get).next(object, read(object), null);
  }

  @Test
  void finalizer_isAdded_whereAnObjectIsAccepted() {
    assertThat(next(object("finalizers: [ x ]"), false))
        .containsExactly("x", "loragateway.dev/unload");
    assertThat(next(object("finalizers: [ loragateway.dev/unload ]"), false)).isNull();
  }

  @Test
  void finalizer_ofADeletedObject_goesWhenNobodyHasTheAdapter() {
    LoraAdapter deleted =
        object(
            "deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: [ x, loragateway.dev/unload ]");

    assertThat(next(deleted, true)).isNull();
    assertThat(next(deleted, false)).containsExactly("x");
  }

  @Test
  void finalizer_ofAnAdapterThatCannotBeUnloaded_goesAfterAWhile() {
    LoraAdapter deleted =
        object("deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: [ loragateway.dev/unload ]");
    Finalizers finalizers = new Finalizers(name -> true, nanos::get);
    assertThat(finalizers.next(deleted, read(deleted), null)).isNull();

    nanos.addAndGet(TimeUnit.MINUTES.toNanos(3));

    assertThat(finalizers.next(deleted, read(deleted), null)).isEmpty();
    finalizers.forget(Set.of());
    assertThat(finalizers.next(deleted, read(deleted), null)).isNull();
  }
}
