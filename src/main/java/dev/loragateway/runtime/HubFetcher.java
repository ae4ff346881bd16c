package dev.loragateway.runtime;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.loragateway.runtime.ContentHash.FileHash;
import dev.loragateway.runtime.Web.Question;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads from the Hugging Face Hub: a revision is resolved to its commit first, so that all files
 * are of one version, and weights are held against the hash that the Hub gives. Thread-safe.
 */
final class HubFetcher {
  private static final String HUB = "https://huggingface.co";
  private static final int MOST_LIST = 16 << 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * One file.
   *
   * @param bytes 0 = not said
   * @param sha256 null = not said
   */
  private record Listed(String name, long bytes, @Nullable String sha256) {}

  private final Web web;

  HubFetcher(Web web) {
    this.web = web;
  }

  Fetched fetch(Source.Hub source, Order order, Staging staging, @Nullable String known)
      throws IOException {
    String hub = endpoint(order.credentials());
    String token = order.credentials().hubToken();
    String authorization = token == null ? null : "Bearer " + token;
    String revision = encoded(source.revision());
    URI list =
        URI.create(
            hub + "/api/models/" + source.repository() + "/revision/" + revision + "?blobs=true");
    JsonNode model = json(source, new Question(list, authorization, null));
    String commit = model.path("sha").isTextual() ? model.path("sha").asText() : null;
    if (commit != null && commit.equals(known)) {
      return new Fetched.Unchanged();
    }
    List<Listed> files = listed(model, staging);
    staging.announce(files.stream().mapToLong(Listed::bytes).sum());
    String from = hub + "/" + source.repository() + "/resolve/" + encoded(commit, revision) + "/";
    for (Listed file : files) {
      Question question = new Question(URI.create(from + file.name()), authorization, null);
      try (Web.Answer answer = web.get(question)) {
        check(source, file, staging.write(file.name(), answer.body(), question.toString()));
      }
    }
    return new Fetched.Files(commit);
  }

  private static String endpoint(Credentials credentials) throws ProblemException {
    String given = credentials.setting(Credentials.HF_ENDPOINT);
    String endpoint = given == null ? HUB : given.replaceFirst("/+$", "");
    if (!endpoint.matches("https?://[A-Za-z0-9._:\\[\\]-]+(/[A-Za-z0-9._~/-]*)?")) {
      throw new ProblemException(
          Problem.BAD_REQUEST, "HF_ENDPOINT is no URL (expected: https://HOST)");
    }
    return endpoint;
  }

  private static String encoded(@Nullable String commit, String revision) {
    return commit == null ? revision : encoded(commit);
  }

  private static String encoded(String revision) {
    return URLEncoder.encode(revision, StandardCharsets.UTF_8);
  }

  private JsonNode json(Source.Hub source, Question question) throws IOException {
    try (Web.Answer answer = web.get(question)) {
      byte[] body = answer.body().readNBytes(MOST_LIST);
      return JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw new ProblemException(
          Problem.FETCH_FAILED, source.shown() + ": the list of files is no JSON", e);
    } catch (ProblemException e) {
      throw e;
    } catch (IOException e) {
      throw FetchFailures.of(source.shown(), e);
    }
  }

  private static List<Listed> listed(JsonNode model, Staging staging) {
    List<Listed> files = new ArrayList<>();
    for (JsonNode file : model.path("siblings")) {
      String name = file.path("rfilename").asText("");
      if (staging.wants(name)) {
        JsonNode sha256 = file.path("lfs").path("sha256");
        files.add(
            new Listed(
                name, file.path("size").asLong(0), sha256.isTextual() ? sha256.asText() : null));
      }
    }
    return files;
  }

  private static void check(Source.Hub source, Listed listed, FileHash file)
      throws ProblemException {
    boolean whole = listed.bytes() == 0 || listed.bytes() == file.bytes();
    if (!whole || (listed.sha256() != null && !listed.sha256().equals(file.sha256()))) {
      throw new ProblemException(
          Problem.FETCH_FAILED,
          "%s: %s is not what the Hub says of it".formatted(source.shown(), listed.name()));
    }
  }
}
