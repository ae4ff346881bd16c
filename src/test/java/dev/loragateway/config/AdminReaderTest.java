package dev.loragateway.config;

import static dev.loragateway.config.Configs.MINIMAL;
import static dev.loragateway.config.Configs.errors;
import static dev.loragateway.config.Configs.valid;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The operators' side. */
class AdminReaderTest {
  @TempDir private Path directory;

  private ConfigResult load(String admin) throws IOException {
    Path file = directory.resolve("gateway.yaml");
    return ConfigLoader.load(
        Files.writeString(file, MINIMAL + "admin: { " + admin + " }\n"), Map.of("T", "of-env"));
  }

  @Test
  void token_inPlaceOrInAFile_isRead() throws IOException {
    Files.writeString(directory.resolve("token"), "of-file\n");

    assertThat(valid(load("token: \"${T}\"")).config().admin().token()).isEqualTo("of-env");
    assertThat(valid(load("tokenFile: token")).config().admin().token()).isEqualTo("of-file");
    assertThat(valid(load("")).config().admin().token()).isNull();
  }

  @Test
  void tokenFile_ofAnotherContent_isAnotherConfiguration() throws IOException {
    Files.writeString(directory.resolve("token"), "first");
    GatewayConfig before = valid(load("tokenFile: token")).config();

    Files.writeString(directory.resolve("token"), "second");

    assertThat(valid(load("tokenFile: token")).config()).isNotEqualTo(before);
  }

  @Test
  void tokenThatIsNone_isRefusedWithoutBeingShown() throws IOException {
    Files.writeString(directory.resolve("spaces"), "s3cret with spaces");
    Files.writeString(directory.resolve("empty"), "\n");
    Files.writeString(directory.resolve("long"), "s3cret".repeat(1000));

    for (String name : new String[] {"spaces", "empty", "long"}) {
      assertThat(errors(load("tokenFile: " + name)))
          .singleElement()
          .asString()
          .contains("admin.tokenFile: ", name + "\" holds no token (expected: ")
          .doesNotContain("s3cret");
    }
    for (String none : new String[] {"none", ".", "\"a\\0b\""}) {
      assertThat(errors(load("tokenFile: " + none))).hasSize(1);
    }
    assertThat(errors(load("token: s3cret with spaces")))
        .singleElement()
        .asString()
        .contains("admin.token: ")
        .doesNotContain("s3cret");
    assertThat(errors(load("token: \"\""))).hasSize(1);
  }

  @Test
  void tokenAndTokenFile_together_areRefused() throws IOException {
    Files.writeString(directory.resolve("token"), "of-file");

    assertThat(errors(load("token: x, tokenFile: token")))
        .singleElement()
        .asString()
        .contains("admin.tokenFile: is there besides token (expected: one of the two)");
  }
}
