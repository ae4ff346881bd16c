package dev.loragateway.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.model.Origin;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SliceEndpointsTest {
  private static Endpoint endpoint(
      String address, @Nullable Boolean ready, @Nullable Boolean terminating) {
    return new EndpointBuilder()
        .withAddresses(address)
        .withNewConditions()
        .withReady(ready)
        .withServing(true)
        .withTerminating(terminating)
        .endConditions()
        .build();
  }

  private static Endpoint ready(String address) {
    return endpoint(address, true, false);
  }

  private static EndpointSlice slice(String name, String type, Endpoint... endpoints) {
    return new EndpointSliceBuilder()
        .withNewMetadata()
        .withName(name)
        .endMetadata()
        .withAddressType(type)
        .addNewPort()
        .withName("http")
        .withPort(8000)
        .endPort()
        .withEndpoints(endpoints)
        .build();
  }

  private static List<String> hosts(SliceEndpoints merged) {
    return merged.endpoints().stream().map(one -> one.host() + " " + one.port()).toList();
  }

  @Test
  void slices_ofEveryAddressType_areMerged() {
    SliceEndpoints merged =
        SliceEndpoints.of(
            List.of(
                slice("c", "FQDN", ready("gpu-1.example")),
                slice("a", "IPv4", ready("10.0.0.1"), ready("10.0.0.2")),
                slice("b", "IPv6", ready("fd00::1"))),
            "http",
            "");

    assertThat(hosts(merged))
        .containsExactly("10.0.0.1 8000", "10.0.0.2 8000", "fd00::1 8000", "gpu-1.example 8000");
    assertThat(merged.problem()).isNull();
  }

  @Test
  void endpoints_notReadyOrTerminating_areLeftOut() {
    SliceEndpoints merged =
        SliceEndpoints.of(
            List.of(
                slice(
                    "a",
                    "IPv4",
                    endpoint("10.0.0.1", false, false),
                    endpoint("10.0.0.2", false, true),
                    endpoint("10.0.0.3", true, true),
                    endpoint("10.0.0.4", null, null),
                    new EndpointBuilder().withAddresses("10.0.0.5").build())),
            "http",
            "");

    assertThat(hosts(merged)).containsExactly("10.0.0.4 8000", "10.0.0.5 8000");
  }

  @Test
  void endpoint_inTwoSlices_isThereOnceIfReadyInEither() {
    SliceEndpoints merged =
        SliceEndpoints.of(
            List.of(
                slice("a", "IPv4", endpoint("10.0.0.1", false, false), ready("10.0.0.2")),
                slice("b", "IPv4", ready("10.0.0.1"), ready("10.0.0.2"))),
            "http",
            "");

    assertThat(hosts(merged)).containsExactlyInAnyOrder("10.0.0.1 8000", "10.0.0.2 8000");
  }

  @Test
  void pod_withAnAddressOfEachFamily_isOneEndpoint() {
    Endpoint six =
        new EndpointBuilder(ready("fd00::1"))
            .withNewTargetRef()
            .withUid("u")
            .endTargetRef()
            .build();
    Endpoint four =
        new EndpointBuilder(ready("10.0.0.1"))
            .withNewTargetRef()
            .withUid("u")
            .endTargetRef()
            .build();

    SliceEndpoints merged =
        SliceEndpoints.of(List.of(slice("a", "IPv6", six), slice("b", "IPv4", four)), "http", "");

    assertThat(hosts(merged)).containsExactly("10.0.0.1 8000");
  }

  @Test
  void slice_thatTheServerSendsWithNulls_hasNoEndpoints() {
    EndpointSlice empty =
        Serialization.unmarshal(
            """
            {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"IPv4",
             "metadata":{"name":"a"},"endpoints":null,"ports":null}
            """,
            EndpointSlice.class);

    SliceEndpoints merged = SliceEndpoints.of(List.of(empty), "http", "");

    assertThat(merged.endpoints()).isEmpty();
    assertThat(merged.problem()).isNull();
  }

  @Test
  void port_byNameByNumberOrTheOnlyOne_isFound() {
    EndpointSlice slice = slice("a", "IPv4", ready("10.0.0.1"));

    for (String port : List.of("http", "8000", "")) {
      assertThat(hosts(SliceEndpoints.of(List.of(slice), port, "")))
          .as("port '%s'", port)
          .containsExactly("10.0.0.1 8000");
    }
  }

  @Test
  void port_numberOfAServiceWithoutPorts_isTaken() {
    EndpointSlice slice = slice("a", "IPv4", ready("10.0.0.1"));
    slice.setPorts(new ArrayList<>());

    assertThat(hosts(SliceEndpoints.of(List.of(slice), "8000", "")))
        .containsExactly("10.0.0.1 8000");
  }

  @Test
  void port_thatIsNotThere_saysWhichAre() {
    EndpointSlice slice = slice("vllm-x", "IPv4", ready("10.0.0.1"));

    SliceEndpoints merged = SliceEndpoints.of(List.of(slice), "grpc", "");

    assertThat(merged.endpoints()).isEmpty();
    assertThat(merged.problem())
        .isEqualTo("EndpointSlice vllm-x has no port grpc (it has: http (8000))");
  }

  @Test
  void origin_zoneUidAndCluster_areKept() {
    Endpoint endpoint =
        new EndpointBuilder()
            .withAddresses("10.0.0.1")
            .withZone("eu-1a")
            .withNewTargetRef()
            .withKind("Pod")
            .withUid("u-1")
            .endTargetRef()
            .build();

    SliceEndpoints merged = SliceEndpoints.of(List.of(slice("a", "IPv4", endpoint)), "", "west");

    assertThat(merged.endpoints().getFirst().origin())
        .isEqualTo(new Origin("west", "eu-1a", "u-1"));
  }

  @Test
  void adapters_ofAnAnnotatedSlice_areDeclaredUnlessTheControllerRepacksIt() {
    EndpointSlice own = slice("a", "IPv4", ready("10.0.0.1"));
    own.getMetadata().setAnnotations(Map.of(Discovered.ADAPTERS, "acme/law , ,acme/code"));
    EndpointSlice managed = slice("b", "IPv4", ready("10.0.0.2"));
    managed.getMetadata().setAnnotations(Map.of(Discovered.ADAPTERS, "acme/law"));
    managed
        .getMetadata()
        .setLabels(
            Map.of("endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io"));

    List<Discovered> found = SliceEndpoints.of(List.of(own, managed), "", "").endpoints();

    assertThat(found.get(0).adapters()).containsExactly("acme/law", "acme/code");
    assertThat(found.get(1).adapters()).isEmpty();
  }
}
