package dev.loragateway.runtime;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code /api/state} shows: nothing of it is secret. Immutable. */
final class StateJson {
  private final ArtifactStore store;
  private final SourceIndex index;
  private final Fetches fetches;
  private final Names names;

  StateJson(ArtifactStore store, SourceIndex index, Fetches fetches, Names names) {
    this.store = store;
    this.index = index;
    this.fetches = fetches;
    this.names = names;
  }

  /**
   * All of it.
   *
   * @param now milliseconds since the epoch
   */
  ObjectNode render(long now) {
    ObjectNode state = JsonNodeFactory.instance.objectNode().put("bytes", store.used());
    ArrayNode artifacts = state.putArray("artifacts");
    Map<String, List<String>> sources = new HashMap<>();
    for (SourceIndex.Entry entry : index.list()) {
      sources.computeIfAbsent(entry.content(), hash -> new ArrayList<>()).add(entry.source());
    }
    for (ArtifactStore.Shown shown : store.list()) {
      List<String> from = sources.getOrDefault(shown.artifact().sha256(), List.of());
      ready(artifacts.addObject(), shown, from, now);
    }
    for (Fetches.Running running : fetches.running()) {
      unready(artifacts.addObject(), running.source(), "fetching", null)
          .put("bytes", running.bytes());
    }
    for (Fetches.Failed failed : fetches.failed()) {
      unready(artifacts.addObject(), failed.source(), "failed", failed.reason()).put("bytes", 0);
    }
    return state;
  }

  private void ready(ObjectNode json, ArtifactStore.Shown shown, List<String> sources, long now) {
    Artifact artifact = shown.artifact();
    json.put("source", sources.isEmpty() ? null : sources.getLast());
    Reply.texts(json, "sources", sources.stream().distinct().toList());
    json.put("sha256", artifact.sha256()).put("state", "ready").putNull("reason");
    json.put("bytes", artifact.bytes()).put("rank", artifact.facts().rank());
    json.put("lastUsedMs", Math.max(0, now - shown.lastUsedMillis()));
    Reply.texts(json, "names", names.users(artifact.sha256()));
  }

  private static ObjectNode unready(
      ObjectNode json, String source, String state, @Nullable String reason) {
    json.put("source", source).putNull("sha256").put("state", state).put("reason", reason);
    json.putArray("names");
    return json.putNull("lastUsedMs");
  }
}
