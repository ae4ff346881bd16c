package dev.loragateway.server;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.Residency;
import dev.loragateway.registry.AdapterCell;
import dev.loragateway.registry.AdapterRow;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.LearnedTimes;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RegistrySnapshot;
import dev.loragateway.routing.Admission;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** {@code /api/state}: what the gateway knows, as JSON. Unknown values are null. Stateless. */
final class StateJson {
  private static final JsonFactory JSON = new JsonFactory();

  private StateJson() {}

  /** Renders a snapshot; {@code now} is the registry's clock. */
  static String render(RegistrySnapshot snapshot, Admission admission, long now) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      json.writeArrayFieldStart("pools");
      for (PoolSnapshot pool : snapshot.pools()) {
        pool(json, snapshot, pool, admission, now);
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private static void pool(
      JsonGenerator json,
      RegistrySnapshot snapshot,
      PoolSnapshot pool,
      Admission admission,
      long now)
      throws IOException {
    Map<String, Integer> queues = new TreeMap<>(admission.depths(pool.name()));
    json.writeStartObject();
    json.writeStringField("name", pool.name());
    json.writeStringField("baseModel", pool.settings().baseModel());
    json.writeNumberField("queued", queues.values().stream().mapToInt(Integer::intValue).sum());
    json.writeArrayFieldStart("endpoints");
    for (int i = 0; i < pool.endpoints().size(); i++) {
      endpoint(json, snapshot, pool, i, now);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("queues");
    for (Map.Entry<String, Integer> queue : queues.entrySet()) {
      json.writeStartObject();
      name(json, "adapter", queue.getKey(), snapshot);
      json.writeNumberField("waiting", queue.getValue());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void endpoint(
      JsonGenerator json, RegistrySnapshot snapshot, PoolSnapshot pool, int index, long now)
      throws IOException {
    EndpointState at = pool.endpoints().get(index);
    EndpointLoad load = at.load();
    json.writeStartObject();
    json.writeStringField("address", at.endpoint().address());
    json.writeStringField("health", lower(at.health()));
    number(json, "running", load == null ? null : load.running());
    number(json, "waiting", load == null ? null : load.waiting());
    number(json, "kvCache", load == null || Double.isNaN(load.kvCache()) ? null : load.kvCache());
    json.writeNumberField("inFlight", at.inFlight().total());
    number(json, "scrapedAgoMs", load == null ? null : (now - at.loadAt()) / 1_000_000);
    number(json, "adapterSlots", at.residency().known() ? at.residency().slots() : null);
    learned(json, at.times());
    json.writeArrayFieldStart("swapQueue");
    for (String adapter : at.inFlight().swapQueue(now)) {
      json.writeString(snapshot.shown(adapter));
    }
    json.writeEndArray();
    json.writeArrayFieldStart("adapters");
    for (String adapter : adapters(pool, index)) {
      adapter(json, snapshot, at, adapter, now);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  /** What the endpoint's answers taught, on which the cost estimate rests. */
  private static void learned(JsonGenerator json, LearnedTimes times) throws IOException {
    json.writeObjectFieldStart("learned");
    json.writeNumberField("tokenTimeMs", times.tokenTime());
    json.writeNumberField("outputTokens", times.outputTokens());
    json.writeNumberField("cpuSwapMs", times.cpuSwap());
    json.writeNumberField("diskSwapMs", times.diskSwap());
    json.writeEndObject();
  }

  /** Registered and resident ones, in the order of their names. */
  private static Set<String> adapters(PoolSnapshot pool, int index) {
    Set<String> names = new TreeSet<>(pool.endpoints().get(index).residency().levels().keySet());
    for (AdapterRow row : pool.adapters().values()) {
      if (row.registered(index)) {
        names.add(row.adapter());
      }
    }
    return names;
  }

  /** The name that people know, and the servers' own where that is another one. */
  private static void name(
      JsonGenerator json, String member, String model, RegistrySnapshot snapshot)
      throws IOException {
    String shown = snapshot.shown(model);
    json.writeStringField(member, shown);
    if (!shown.equals(model)) {
      json.writeStringField("model", model);
    }
  }

  private static void adapter(
      JsonGenerator json, RegistrySnapshot snapshot, EndpointState at, String adapter, long now)
      throws IOException {
    AdapterCell cell = at.inFlight().cell(adapter);
    Residency level = at.residency().level(adapter);
    json.writeStartObject();
    name(json, "name", adapter, snapshot);
    json.writeStringField("residency", lower(level));
    json.writeStringField("source", at.residency().reported() ? "reported" : "estimated");
    json.writeNumberField("inFlight", cell.inFlight());
    number(json, "lastUsedMs", cell.used() ? (now - cell.lastUsed()) / 1_000_000 : null);
    json.writeEndObject();
  }

  private static void number(
      JsonGenerator json, String name, @org.jspecify.annotations.Nullable Number value)
      throws IOException {
    if (value == null) {
      json.writeNullField(name);
    } else {
      json.writeFieldName(name);
      json.writeNumber(value.toString());
    }
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
