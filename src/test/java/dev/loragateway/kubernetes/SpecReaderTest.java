package dev.loragateway.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.adapters.AdapterSpec;
import dev.loragateway.adapters.Replicas;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpecReaderTest {
  private final SpecReader reader =
      new SpecReader(
          (namespace, secret) ->
              secret.equals("hub")
                  ? new Credentials.Found(Map.of("token", "t"))
                  : new Credentials.Missing("SecretNotFound", "it is not there"));

  private Reading read(String spec) {
    LoraAdapter object =
        new KubernetesSerialization()
            .unmarshal(
                """
                apiVersion: loragateway.dev/v1alpha1
                kind: LoraAdapter
                metadata: { namespace: llm, name: support }
                spec: %s
                """
                    .formatted(spec),
                LoraAdapter.class);
    return reader.read(object).reading();
  }

  private AdapterSpec good(String spec) {
    Reading reading = read(spec);
    assertThat(reading).isInstanceOf(Reading.Good.class);
    return ((Reading.Good) reading).spec();
  }

  @Test
  void spec_thatSaysTheLeast_hasTheNameOfTheObject() {
    AdapterSpec spec = good("{ source: { url: /a } }");

    assertThat(spec.name()).isEqualTo("support");
    assertThat(spec.baseModel()).isEmpty();
    assertThat(spec.replicas()).isEqualTo(Replicas.AUTO);
    assertThat(spec.preferences().within()).isEmpty();
    assertThat(spec.source().local()).isNull();
  }

  @Test
  void source_thatTheGatewaySees_isLookedInto(@TempDir Path directory) {
    AdapterSpec spec = good("{ source: { url: 'file://%s' } }".formatted(directory));

    assertThat(spec.source().local()).isEqualTo(directory);
  }

  @Test
  void secret_thatIsNamed_givesTheCredentials() {
    AdapterSpec spec = good("{ source: { url: 'hf://a/b', secretRef: { name: hub } } }");

    assertThat(spec.source().credentials()).isEqualTo(Map.of("token", "t"));
  }

  @Test
  void lists_thatAreEmpty_askForNothing() {
    AdapterSpec spec = good("{ source: { url: /a }, scheduling: { nodes: [], zones: [ z ] } }");

    assertThat(spec.preferences().within()).containsOnlyKeys("topology.kubernetes.io/zone");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          { }                                                          | InvalidSpec       | spec.source is missing
          { source: { url: 'gcs://a/b' } }                             | UnsupportedSource | gcs://a/b
          { source: { url: 's3://' } }                                 | UnsupportedSource | s3://
          { source: { url: 's3://me:secret@b/a', secretRef: { name: x } } } | SecretNotFound | it is not there
          { source: { url: /a }, model: 'a//b' }                       | InvalidName       | a//b
          { source: { url: /a }, replicas: 4-2 }                       | InvalidSpec       | spec.replicas
          { source: { url: /a }, replicas: -2 }                        | InvalidSpec       | spec.replicas
          { source: { url: /a }, aliases: [ { name: support } ] }      | InvalidName       | support is there twice
          { source: { url: /a }, aliases: [ { name: 'x y' } ] }        | InvalidName       | x y
          { source: { url: /a }, aliases: [ { name: b, weight: 9999 } ] } | InvalidSpec    | weight of 9999
          """)
  void spec_withAFault_isNotDeclared(String spec, String reason, String words) {
    Reading reading = read(spec);

    assertThat(reading).isInstanceOf(Reading.Faulty.class);
    assertThat(((Reading.Faulty) reading).reason()).isEqualTo(reason);
    assertThat(((Reading.Faulty) reading).message()).contains(words);
  }
}
