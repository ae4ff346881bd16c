package dev.loragateway.server;

import static com.fasterxml.jackson.databind.DeserializationFeature.ACCEPT_SINGLE_VALUE_AS_ARRAY;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/**
 * Reads the cases of {@code src/test/resources/http1} and {@code http2}, one file a family.
 * Stateless.
 */
final class CorpusFiles {
  private static final ObjectMapper YAML = new YAMLMapper().enable(ACCEPT_SINGLE_VALUE_AS_ARRAY);

  private CorpusFiles() {}

  /**
   * Reads every file of a folder.
   *
   * @param folder such as {@code http1/requests}
   * @param type of a file's content
   * @param cases of a file, by its name and content
   */
  static <F, C> List<C> read(String folder, Class<F> type, BiFunction<String, F, Stream<C>> cases) {
    try (Stream<Path> files =
        Files.list(Path.of(CorpusFiles.class.getResource("/" + folder).toURI()))) {
      return files.sorted().flatMap(file -> read(file, type, cases)).toList();
    } catch (IOException | URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static <F, C> Stream<C> read(
      Path file, Class<F> type, BiFunction<String, F, Stream<C>> cases) {
    try {
      String family = file.getFileName().toString().replace(".yaml", "");
      return cases.apply(family, YAML.readValue(file.toFile(), type));
    } catch (IOException e) {
      throw new AssertionError(file + ": " + e.getMessage(), e);
    }
  }
}
