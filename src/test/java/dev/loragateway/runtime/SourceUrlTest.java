package dev.loragateway.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.net.URI;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SourceUrlTest {
  @Test
  void parse_eachKind_isTold() throws ProblemException {
    assertThat(SourceUrl.parse("file:///srv/a")).isEqualTo(new Source.Directory(Path.of("/srv/a")));
    assertThat(SourceUrl.parse("/srv/a/")).isEqualTo(new Source.Directory(Path.of("/srv/a")));
    assertThat(SourceUrl.parse("https://h/a.TGZ?x=1"))
        .isEqualTo(new Source.Archive(URI.create("https://h/a.TGZ?x=1"), Source.Packing.TAR_GZIP));
    assertThat(SourceUrl.parse("http://h/a.tar"))
        .isEqualTo(new Source.Archive(URI.create("http://h/a.tar"), Source.Packing.TAR));
    assertThat(SourceUrl.parse("http://h/a.zip"))
        .isEqualTo(new Source.Archive(URI.create("http://h/a.zip"), Source.Packing.ZIP));
    assertThat(SourceUrl.parse("http://h/a/"))
        .isEqualTo(new Source.WebDirectory(URI.create("http://h/a/")));
    assertThat(SourceUrl.parse("s3://b/some/prefix"))
        .isEqualTo(new Source.Bucket("b", "some/prefix/"));
    assertThat(SourceUrl.parse("s3://bucket")).isEqualTo(new Source.Bucket("bucket", ""));
    assertThat(SourceUrl.parse("hf://acme/support"))
        .isEqualTo(new Source.Hub("acme/support", "main"));
    assertThat(SourceUrl.parse("huggingface://acme/support@refs/pr/1"))
        .isEqualTo(new Source.Hub("acme/support", "refs/pr/1"));
  }

  @ParameterizedTest
  @CsvSource({
    "hf://acme/support@0123456789abcdef0123456789abcdef01234567, true",
    "hf://acme/support@0123456789abcdef, false",
    "hf://acme/support, false",
    "s3://bucket/a/, false"
  })
  void pinned_onlyOfACommit(String url, boolean pinned) throws ProblemException {
    assertThat(SourceUrl.parse(url).pinned()).isEqualTo(pinned);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "support",
        "ftp://h/a.tar",
        "gs://bucket/a/",
        "http://h/a",
        "http://h/a.tar.bz2"
      })
  void parse_unknownKind_isUnsupported(String url) {
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> SourceUrl.parse(url))
        .satisfies(e -> assertThat(e.problem()).isEqualTo(Problem.UNSUPPORTED_SOURCE))
        .withMessageContaining("(expected: file:///DIRECTORY");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "file://host/a", "http:///a.tar", "http://h/a b.tar", "s3:///a/", "s3://b\u0001cd/a",
            "hf://",
        "hf://a/b/c", "hf://../b", "hf://a/b@", "hf://a/b@../../c", "hf://a/b?x@y", "hf://a b/c"
      })
  void parse_malformed_isABadRequest(String url) {
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> SourceUrl.parse(url))
        .satisfies(e -> assertThat(e.problem()).isEqualTo(Problem.BAD_REQUEST));
  }

  @Test
  void shown_ofAUrlWithSecrets_hidesThem() throws ProblemException {
    Source source = SourceUrl.parse("https://user:hush@h:8443/a.tar?X-Amz-Signature=hush#hush");
    assertThat(source.shown()).isEqualTo("https://***@h:8443/a.tar?***");
    assertThat(source.toString()).doesNotContain("hush");
  }

  @Test
  void plain_withUserAndFragment_losesBoth() {
    assertThat(WebUrl.plain(URI.create("https://u:p@h:8443/a%20b.tar?x=%2F#f")))
        .isEqualTo(URI.create("https://h:8443/a%20b.tar?x=%2F"));
    assertThat(WebUrl.child(URI.create("http://u@h/a/?x=1"), "b.json"))
        .isEqualTo(URI.create("http://u@h/a/b.json?x=1"));
  }
}
