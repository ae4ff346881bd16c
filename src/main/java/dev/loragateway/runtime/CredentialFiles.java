package dev.loragateway.runtime;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The sidecar's own credentials: a file for each, as a Secret is mounted, or a variable of the
 * environment; files win. They are read for each fetch, since Secrets change. Immutable.
 */
final class CredentialFiles {
  private static final List<String> NAMES =
      List.of(
          Credentials.AWS_KEY,
          Credentials.AWS_SECRET,
          Credentials.AWS_SESSION,
          "AWS_REGION",
          Credentials.AWS_ENDPOINT,
          Credentials.HF_TOKEN,
          Credentials.HF_ENDPOINT,
          Credentials.HTTP_BEARER,
          Credentials.HTTP_BEARER_HOST);
  private static final Map<String, String> ALIASES =
      Map.of(
          "HUGGINGFACE_TOKEN", Credentials.HF_TOKEN,
          "HUGGING_FACE_HUB_TOKEN", Credentials.HF_TOKEN,
          "AWS_DEFAULT_REGION", "AWS_REGION",
          "AWS_ENDPOINT_URL_S3", Credentials.AWS_ENDPOINT);
  private static final long LONGEST = 64 << 10;

  private final @Nullable Path directory;
  private final Map<String, String> environment;

  CredentialFiles(@Nullable Path directory, Map<String, String> environment) {
    this.directory = directory;
    this.environment = known(environment);
  }

  /**
   * Those of a request with the sidecar's.
   *
   * @param given of the request, in the spelling of AIBrix ({@code aws_access_key_id}) or ours
   * @throws ProblemException if the files cannot be read now
   */
  Credentials with(Map<String, String> given) throws ProblemException {
    Map<String, String> own = new HashMap<>(environment);
    Map<String, String> mounted = mounted();
    if (mounted.containsKey(Credentials.AWS_KEY)) {
      own.remove(Credentials.AWS_SESSION);
    }
    own.putAll(mounted);
    Map<String, String> requested = known(given);
    check(requested, Problem.BAD_REQUEST, "credentials.");
    check(own, Problem.FETCH_FAILED, "the sidecar's ");
    return new Credentials(requested, own);
  }

  /** What cannot be sent is told here, since libraries would tell the value. */
  private static void check(Map<String, String> values, Problem problem, String whose)
      throws ProblemException {
    for (Map.Entry<String, String> one : values.entrySet()) {
      if (!KeyFile.isSendable(one.getValue())) {
        throw new ProblemException(
            problem, whose + one.getKey() + " has a character that cannot be sent");
      }
    }
  }

  private Map<String, String> mounted() throws ProblemException {
    Map<String, String> found = new HashMap<>();
    if (directory == null) {
      return found;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, Files::isRegularFile)) {
      for (Path file : files) {
        if (Files.size(file) <= LONGEST) {
          found.put(String.valueOf(file.getFileName()), Files.readString(file));
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      throw new ProblemException(Problem.FETCH_FAILED, directory + " cannot be read", e);
    }
    return known(found);
  }

  private static Map<String, String> known(Map<String, String> all) {
    Map<String, String> known = new HashMap<>();
    all.forEach(
        (name, value) -> {
          String upper = name.toUpperCase(Locale.ROOT).replace('-', '_');
          String plain = ALIASES.getOrDefault(upper, upper);
          if (NAMES.contains(plain) && !value.isBlank()) {
            known.merge(plain, value.strip(), (a, b) -> upper.equals(plain) ? b : a);
          }
        });
    return known;
  }
}
