package dev.loragateway.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The CRD of the chart is the one that the classes describe. {@code -Dcrd.write=true} writes it
 * anew.
 */
class LoraAdapterCrdTest {
  private static final Path CHART = Path.of("gateway/chart/crds/loraadapters.yaml");

  /** Keeps what is generated. */
  private static final class Output extends CRDGenerator.AbstractCRDOutput<ByteArrayOutputStream> {
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    protected ByteArrayOutputStream createStreamFor(String name) {
      return bytes;
    }
  }

  /** Brings the columns into the order of the annotations; the generator sorts them by path. */
  private static final class Columns implements CRDPostProcessor {
    private static final List<String> ORDER =
        Stream.of(LoraAdapter.class.getAnnotationsByType(AdditionalPrinterColumn.class))
            .map(AdditionalPrinterColumn::name)
            .toList();

    @Override
    public HasMetadata process(HasMetadata definition, String version) {
      ((CustomResourceDefinition) definition)
          .getSpec()
          .getVersions()
          .getFirst()
          .getAdditionalPrinterColumns()
          .sort(Comparator.comparingInt(column -> ORDER.indexOf(column.getName())));
      return definition;
    }
  }

  private static String generated() throws IOException {
    try (Output output = new Output()) {
      int crds =
          new CRDGenerator()
              .withMinQuotes(true)
              .withPostProcessor(new Columns())
              .customResourceClasses(LoraAdapter.class)
              .withOutput(output)
              .generate();
      assertThat(crds).isEqualTo(1);
      return output.bytes.toString(UTF_8);
    }
  }

  @Test
  void chart_hasTheDefinition_thatTheClassesDescribe() throws Exception {
    if (Boolean.getBoolean("crd.write")) {
      Files.createDirectories(CHART.getParent());
      Files.writeString(CHART, generated());
    }
    assertThat(CHART).hasContent(generated());
  }
}
