package dev.loragateway.runtime;

import dev.loragateway.adapters.AdapterFiles;
import dev.loragateway.runtime.Web.Question;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the two files without which nothing is an adapter from a directory of a web server, which
 * cannot be asked what else it has. Thread-safe.
 */
final class WebDirectoryFetcher {
  private static final List<String> FILES = List.of(AdapterFiles.CONFIG, AdapterFiles.WEIGHTS);

  private final Web web;

  WebDirectoryFetcher(Web web) {
    this.web = web;
  }

  Fetched fetch(Source.WebDirectory source, Order order, Staging staging, @Nullable String known)
      throws IOException {
    String authorization = WebAccess.authorization(source.url(), order.credentials());
    if (known != null && unchanged(source.url(), authorization, known)) {
      return new Fetched.Unchanged();
    }
    List<String> etags = new ArrayList<>();
    for (String name : FILES) {
      Question question = new Question(WebUrl.child(source.url(), name), authorization, null);
      try (Web.Answer answer = web.get(question)) {
        staging.write(name, answer.body(), question.toString());
        if (answer.etag() != null) {
          etags.add(answer.etag());
        }
      }
    }
    return new Fetched.Files(etags.size() == FILES.size() ? String.join("\n", etags) : null);
  }

  private boolean unchanged(URI directory, @Nullable String authorization, String known)
      throws IOException {
    List<String> etags = known.lines().toList();
    for (int i = 0; i < FILES.size(); i++) {
      URI file = WebUrl.child(directory, FILES.get(i));
      try (Web.Answer answer = web.get(new Question(file, authorization, etags.get(i)))) {
        if (!answer.unchanged()) {
          return false;
        }
      }
    }
    return true;
  }
}
