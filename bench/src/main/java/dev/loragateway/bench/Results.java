package dev.loragateway.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes down what came of a run. Stateless. */
public final class Results {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private Results() {}

  /**
   * Writes the figures as {@code name} and the report as {@code report.md}.
   *
   * @param directory made if it is missing
   * @param name of the file of the figures, which are written as JSON
   */
  public static void write(Path directory, String name, Object figures, String report)
      throws IOException {
    Files.createDirectories(directory);
    JSON.writeValue(directory.resolve(name).toFile(), figures);
    Files.writeString(directory.resolve("report.md"), report);
  }
}
