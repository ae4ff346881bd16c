package dev.loragateway.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.loragateway.adapters.AdapterFacts;
import dev.loragateway.adapters.AdapterSource;
import dev.loragateway.adapters.AdapterSpec;
import dev.loragateway.adapters.AdapterStatus;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How an adapter fares, as the admin API tells it: without credentials, and with null for what is
 * not known. Stateless.
 */
final class AdapterJson {
  private static final String HIDDEN = "***";

  private AdapterJson() {}

  /** All that is known of one. */
  static ObjectNode of(AdapterStatus status) {
    AdapterSpec spec = status.spec();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", spec.name());
    json.put("origin", status.origin());
    json.put("phase", lower(status.phase()));
    json.put("message", orNull(hidden(status.message(), spec.source())));
    json.put("baseModel", orNull(spec.baseModel()));
    json.put("source", spec.source().toString());
    json.put("replicas", spec.replicas().toString());
    json.put("desired", status.desired());
    json.put("ready", status.ready());
    json.put("revision", orNull(status.revision()));
    json.put("serving", orNull(status.serving()));
    ArrayNode aliases = json.putArray("aliases");
    spec.aliases()
        .forEach(one -> aliases.addObject().put("name", one.name()).put("weight", one.weight()));
    facts(json, status.facts());
    ArrayNode copies = json.putArray("copies");
    status.copies().forEach(copy -> copies.add(copy(copy, spec.source())));
    return json;
  }

  private static void facts(ObjectNode json, @Nullable AdapterFacts facts) {
    if (facts == null) {
      json.putNull("rank").putNull("bytes").putNull("targetModules");
      return;
    }
    json.put("rank", facts.rank()).put("bytes", facts.bytes());
    ArrayNode modules = json.putArray("targetModules");
    facts.targetModules().forEach(modules::add);
  }

  private static ObjectNode copy(AdapterStatus.Copy copy, AdapterSource source) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("address", copy.address())
        .put("revision", copy.revision())
        .put("state", lower(copy.state()))
        .put("attempts", copy.attempts())
        .put("retryAt", copy.retryAt() == 0 ? null : copy.retryAt())
        .put("message", orNull(hidden(copy.message(), source)));
  }

  /** The sentences that explain it. */
  static ArrayNode sentences(List<String> sentences, AdapterSource source) {
    ArrayNode json = JsonNodeFactory.instance.arrayNode();
    sentences.forEach(sentence -> json.add(hidden(sentence, source)));
    return json;
  }

  /** A server that failed to fetch the files may repeat how it was told to. */
  private static String hidden(String message, AdapterSource source) {
    String shown = message.replace(source.url(), source.toString());
    for (String secret : source.credentials().values()) {
      shown = secret.isEmpty() ? shown : shown.replace(secret, HIDDEN);
    }
    return shown;
  }

  private static @Nullable String orNull(String text) {
    return text.isEmpty() ? null : text;
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
