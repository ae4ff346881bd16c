package dev.loragateway.runtime;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** An answer, in JSON. Immutable. */
record Reply(int status, String body) {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  static Reply ok(ObjectNode body) {
    return new Reply(200, body.toString());
  }

  static Reply of(ProblemException e) {
    return error(e.problem(), e.text());
  }

  static Reply error(Problem problem, String message) {
    ObjectNode body = JSON.objectNode();
    body.putObject("error")
        .put("message", message)
        .put("type", problem.type())
        .putNull("param")
        .put("code", problem.code());
    return new Reply(problem.status(), body.toString());
  }

  static Reply loaded(Loaded loaded) {
    Artifact artifact = loaded.artifact();
    ObjectNode body =
        success(loaded.name())
            .put("path", loaded.path())
            .put("sha256", artifact.sha256())
            .put("bytes", artifact.bytes())
            .put("rank", artifact.facts().rank())
            .put("alpha", artifact.facts().alpha());
    texts(body, "target_modules", artifact.facts().targetModules());
    return ok(body.put("base_model", artifact.facts().baseModel()));
  }

  static Reply unloaded(String name) {
    return ok(success(name));
  }

  static Reply status(String status) {
    return ok(JSON.objectNode().put("status", status));
  }

  private static ObjectNode success(String name) {
    return JSON.objectNode().put("status", "success").put("lora_name", name);
  }

  static void texts(ObjectNode body, String field, List<String> texts) {
    var array = body.putArray(field);
    texts.forEach(array::add);
  }
}
