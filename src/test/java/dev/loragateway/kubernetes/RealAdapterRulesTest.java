package dev.loragateway.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a real API server takes as a LoraAdapter: {@code mvn verify -Pkube}. */
@Tag("kube")
class RealAdapterRulesTest {
  @RegisterExtension static final ClusterExtension cluster = new ClusterExtension();

  private AdapterFixtures adapters;

  @BeforeEach
  void fixtures() {
    adapters = new AdapterFixtures(cluster.admin(), cluster.namespace());
  }

  private void create(Map<String, Object> spec) {
    cluster.admin().resource(adapters.raw("a", spec)).create();
  }

  @SuppressWarnings("unchecked")
  private void isRefused(String yaml, String words) {
    Map<String, Map<String, Object>> object =
        cluster.admin().getKubernetesSerialization().unmarshal("spec: " + yaml, Map.class);
    assertThatThrownBy(() -> create(object.get("spec")))
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(422))
        .hasMessageContaining(words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          { baseModel: b }                                                | source: Required
          { source: {} }                                                  | url: Required
          { source: { url: 'gcs://a/b' } }                                | url must begin with
          { source: { url: 'file://a' } }                                 | url must begin with
          { source: { url: /a, sha256: abc } }                            | sha256
          { source: { url: /a, secretRef: {} } }                          | name: Required
          { source: { url: /a }, model: '-a' }                            | the name must consist of
          { source: { url: /a }, model: 'a//b' }                          | the name must consist of
          { source: { url: /a }, model: 'a@b' }                           | the name must consist of
          { source: { url: /a }, replicas: -1 }                           | replicas must be a number
          { source: { url: /a }, replicas: some }                         | replicas must be a number
          { source: { url: /a }, replicas: 4- }                           | replicas must be a number
          { source: { url: /a }, priority: 1, priorityClass: low }        | exclude each other
          { source: { url: /a }, priorityClass: huge }                    | Unsupported value
          { source: { url: /a }, aliases: [ { name: 'a b' } ] }           | the name must consist of
          { source: { url: /a }, aliases: [ { name: b, weight: 1001 } ] } | weight
          { source: { url: /a }, aliases: [ { name: b, weight: -1 } ] }   | weight
          """)
  void spec_thatMakesNoSense_isRefused(String yaml, String words) {
    isRefused(yaml, words);
  }

  @ParameterizedTest
  @ValueSource(strings = {"3", "0", "auto", "all", "0-4", "2-all", "'5'"})
  void replicas_inAnyForm_areTaken(String replicas) {
    adapters.create("a", "{ source: { url: /a }, replicas: %s }".formatted(replicas));

    assertThat(adapters.get("a").getSpec().replicas().getValue())
        .hasToString(replicas.replace("'", ""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/a", "file:///a", "http://h/a", "https://h/a", "s3://b/a", "hf://org/a"})
  void url_ofEachKind_isTaken(String url) {
    adapters.create("a", "{ source: { url: '%s' } }".formatted(url));

    assertThat(adapters.get("a").getSpec().source().url()).isEqualTo(url);
  }

  @Test
  void names_asLongAsTheyMayBe_areTaken() {
    String name = "a".repeat(200);
    create(
        Map.of(
            "model", name,
            "source", Map.of("url", "/a"),
            "aliases", List.of(Map.of("name", "b".repeat(200), "weight", 1000))));

    assertThat(adapters.get("a").model()).isEqualTo(name);
    isRefused("{ source: { url: /a }, model: %s }".formatted("a".repeat(201)), "model: Too long");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{ source: { url: /a } }", "{ source: { url: /a }, model: c }"})
  void model_isToChange_thatIsRefused(String next) {
    adapters.create("a", "{ source: { url: /a }, model: b }");

    assertThatThrownBy(() -> adapters.update("a", next))
        .hasMessageContaining("model cannot be changed");
    adapters.update("a", "{ source: { url: /c }, model: b }");
  }

  @Test
  void status_isAPlaceOfItsOwn() {
    LoraAdapter made = adapters.create("a", "{ source: { url: /a } }");
    made.setStatus(NextStatus.accepted(made, Instant.EPOCH));

    cluster.admin().resource(made).update();
    assertThat(adapters.status("a")).isNull();
    cluster
        .admin()
        .resource(adapters.get("a"))
        .editStatus(
            now -> {
              now.setStatus(made.getStatus());
              return now;
            });

    assertThat(adapters.status("a")).isEqualTo(made.getStatus());
  }
}
