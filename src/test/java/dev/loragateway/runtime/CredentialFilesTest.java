package dev.loragateway.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.runtime.Credentials.AwsKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CredentialFilesTest {
  @TempDir Path directory;

  private void write(String name, String value) throws IOException {
    Files.writeString(directory.resolve(name), value);
  }

  @Test
  void with_filesAndVariables_filesWin() throws IOException {
    write("HF_TOKEN", "from-file\n");
    write("AWS_ACCESS_KEY_ID", "id");
    write("AWS_SECRET_ACCESS_KEY", "secret");
    CredentialFiles files =
        new CredentialFiles(
            directory,
            Map.of("HF_TOKEN", "variable", "AWS_REGION", "eu-1", "AWS_SESSION_TOKEN", "old"));
    Credentials credentials = files.with(Map.of());
    assertThat(credentials.hubToken()).isEqualTo("from-file");
    assertThat(credentials.setting("AWS_REGION")).isEqualTo("eu-1");
    assertThat(credentials.awsKey()).isEqualTo(new AwsKey("id", "secret", null));
  }

  @Test
  void with_aFileThatChanges_readsItAgain() throws IOException {
    CredentialFiles files = new CredentialFiles(directory, Map.of());
    assertThat(files.with(Map.of()).hubToken()).isNull();
    write("HF_TOKEN", "one");
    assertThat(files.with(Map.of()).hubToken()).isEqualTo("one");
    write("HF_TOKEN", "two");
    assertThat(files.with(Map.of()).hubToken()).isEqualTo("two");
  }

  @Test
  void with_spellingsOfAiBrix_areKnown() throws IOException {
    Credentials credentials =
        new CredentialFiles(null, Map.of("PATH", "/bin"))
            .with(
                Map.of(
                    "huggingface_token", "token",
                    "aws_access_key_id", "id",
                    "aws_secret_access_key", "secret",
                    "aws_region", "eu-1",
                    "path", "/x"));
    assertThat(credentials.hubToken()).isEqualTo("token");
    assertThat(credentials.awsKey()).isEqualTo(new AwsKey("id", "secret", null));
    assertThat(credentials.setting("AWS_REGION")).isEqualTo("eu-1");
    assertThat(credentials.setting("PATH")).isNull();
  }

  @Test
  void keys_ofTheRequest_areNotMixedWithOurs() {
    Credentials credentials =
        new Credentials(
            Map.of("AWS_ACCESS_KEY_ID", "theirs", "AWS_SECRET_ACCESS_KEY", "secret"),
            Map.of("AWS_SESSION_TOKEN", "ours", "AWS_ENDPOINT_URL", "http://ours"));
    assertThat(credentials.awsKey()).isEqualTo(new AwsKey("theirs", "secret", null));
    assertThat(credentials.setting("AWS_ENDPOINT_URL")).isEqualTo("http://ours");
  }

  @Test
  void secrets_ofOurs_areNotSentToAnEndpointOfTheRequest() {
    Map<String, String> own =
        Map.of(
            "AWS_ACCESS_KEY_ID", "id",
            "AWS_SECRET_ACCESS_KEY", "secret",
            "HF_TOKEN", "token",
            "HTTP_BEARER", "bearer",
            "HTTP_BEARER_HOST", "files.example");
    Credentials elsewhere =
        new Credentials(Map.of("AWS_ENDPOINT_URL", "http://x", "HF_ENDPOINT", "http://x"), own);
    assertThat(elsewhere.awsKey()).isNull();
    assertThat(elsewhere.mayUseMachineKey()).isFalse();
    assertThat(elsewhere.hubToken()).isNull();
    assertThat(elsewhere.bearer("x")).isNull();
    assertThat(elsewhere.bearer("files.example")).isEqualTo("bearer");
    Credentials here = new Credentials(Map.of(), own);
    assertThat(here.awsKey()).isNotNull();
    assertThat(here.hubToken()).isEqualTo("token");
  }

  @Test
  void toString_ofAllThatHoldsSecrets_hidesThem() throws ProblemException {
    Credentials credentials =
        new Credentials(Map.of("HF_TOKEN", "hush"), Map.of("HTTP_BEARER", "hush"));
    Order order =
        new Order(
            SourceUrl.parse("https://u:hush@h/a.tar?hush"),
            null,
            credentials,
            FetchLimits.DEFAULTS);
    LoadRequest request =
        new LoadRequest("a", "https://h/?hush", Map.of("x", "hush"), null, "hush", 1);
    assertThat(credentials + " " + order + " " + request + " " + new AwsKey("hush", "hush", null))
        .doesNotContain("hush");
  }
}
