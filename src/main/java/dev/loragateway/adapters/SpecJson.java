package dev.loragateway.adapters;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** An adapter that should exist, as the admin API takes it and its file keeps it. Stateless. */
public final class SpecJson {
  private static final List<String> MEMBERS =
      List.of(
          "name",
          "baseModel",
          "source",
          "replicas",
          "sha256",
          "priority",
          "aliases",
          "within",
          "credentials",
          "local");

  private static final Pattern SOURCE =
      Pattern.compile("/[^/\\s].*|(file:///|(https?|s3|hf)://)[^\\s/][^\\s]*");

  private static final String SOURCES =
      "an absolute path as the engines see it, or a URL with file, http, https, s3 or hf";

  private static final Pattern SHA256 = Pattern.compile("[0-9a-fA-F]{64}");
  private static final int MOST_PRIORITY = 1_000_000;

  /** What was made of it. */
  public sealed interface Reading {}

  /** It can be taken. */
  public record Good(AdapterSpec spec) implements Reading {}

  /**
   * It cannot.
   *
   * @param member at fault; null = the whole
   * @param message for people: what is wrong, and what was expected
   */
  public record Wrong(@Nullable String member, String message) implements Reading {}

  private static final class WrongMember extends Exception {
    private static final long serialVersionUID = 1L;
    final String member;

    WrongMember(String member, String problem, String expected) {
      super("%s %s (expected: %s)".formatted(member, problem, expected));
      this.member = member;
    }
  }

  private SpecJson() {}

  /** Reads one; the message of what is wrong never has credentials in it. */
  public static Reading read(JsonNode json) {
    if (!json.isObject()) {
      return new Wrong(null, "it is no object (expected: one with " + members() + ")");
    }
    try {
      refuseUnknown(json);
      return new Good(spec(json));
    } catch (WrongMember e) {
      return new Wrong(e.member, String.valueOf(e.getMessage()));
    }
  }

  private static String members() {
    return String.join(", ", MEMBERS);
  }

  private static void refuseUnknown(JsonNode json) throws WrongMember {
    for (var names = json.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!MEMBERS.contains(name)) {
        throw new WrongMember(name, "is unknown", "one of " + members());
      }
    }
  }

  private static AdapterSpec spec(JsonNode json) throws WrongMember {
    String name = required(json, "name", "the name that clients ask for");
    refuseName("name", name);
    return new AdapterSpec(
        name,
        text(json, "baseModel", "the name of a pool's base model", ""),
        source(json),
        replicas(json),
        new Preferences(priority(json), within(json)),
        aliases(json, name));
  }

  private static void refuseName(String member, String name) throws WrongMember {
    String refusal = AdapterNames.refusal(name);
    if (refusal != null) {
      throw new WrongMember(
          member,
          "cannot be a name: " + refusal.replaceFirst(" \\(expected: .*\\)$", ""),
          "at most %d letters, digits and . _ + = - in segments between /"
              .formatted(AdapterNames.LONGEST));
    }
  }

  private static boolean has(JsonNode json, String member) {
    return json.hasNonNull(member);
  }

  private static String required(JsonNode json, String member, String expected) throws WrongMember {
    if (!has(json, member)) {
      throw new WrongMember(member, "is missing", expected);
    }
    String text = text(json, member, expected, "");
    if (text.isEmpty()) {
      throw new WrongMember(member, "is empty", expected);
    }
    return text;
  }

  private static String text(JsonNode json, String member, String expected, String fallback)
      throws WrongMember {
    if (!has(json, member)) {
      return fallback;
    }
    return textual(json.path(member), member, expected);
  }

  private static String textual(JsonNode node, String member, String expected) throws WrongMember {
    if (!node.isTextual()) {
      throw new WrongMember(member, "is no string", expected);
    }
    return node.asText();
  }

  private static AdapterSource source(JsonNode json) throws WrongMember {
    String url = required(json, "source", SOURCES);
    if (!SOURCE.matcher(url).matches()) {
      String shown = new AdapterSource(url).toString();
      throw new WrongMember("source", "is \"" + shown + "\"", SOURCES);
    }
    String sha256 = text(json, "sha256", "64 hexadecimal digits", "");
    if (!sha256.isEmpty() && !SHA256.matcher(sha256).matches()) {
      throw new WrongMember("sha256", "is \"" + sha256 + "\"", "64 hexadecimal digits");
    }
    return new AdapterSource(url, sha256.isEmpty() ? null : sha256, credentials(json), local(json));
  }

  private static @Nullable Path local(JsonNode json) throws WrongMember {
    String expected = "the absolute path of a directory as the gateway sees it";
    String local = text(json, "local", expected, "");
    try {
      if (local.isEmpty() || Path.of(local).isAbsolute()) {
        return local.isEmpty() ? null : Path.of(local);
      }
    } catch (InvalidPathException e) {
      throw new WrongMember("local", "is no path", expected);
    }
    throw new WrongMember("local", "is \"" + local + "\"", expected);
  }

  private static Map<String, String> credentials(JsonNode json) throws WrongMember {
    Map<String, String> credentials = new TreeMap<>();
    for (Map.Entry<String, JsonNode> one : object(json, "credentials", "strings").entrySet()) {
      String member = "credentials." + one.getKey();
      credentials.put(one.getKey(), textual(one.getValue(), member, "a string"));
    }
    return credentials;
  }

  private static Map<String, JsonNode> object(JsonNode json, String member, String of)
      throws WrongMember {
    Map<String, JsonNode> members = new LinkedHashMap<>();
    if (has(json, member)) {
      if (!json.path(member).isObject()) {
        throw new WrongMember(member, "is no object", "an object whose members are " + of);
      }
      json.path(member).properties().forEach(one -> members.put(one.getKey(), one.getValue()));
    }
    return members;
  }

  private static Replicas replicas(JsonNode json) throws WrongMember {
    String expected = "a number, \"all\", \"auto\", or bounds such as \"0-4\"";
    JsonNode replicas = json.path("replicas");
    if (!has(json, "replicas")) {
      return Replicas.AUTO;
    }
    if (!replicas.isTextual() && !replicas.isIntegralNumber()) {
      throw new WrongMember("replicas", "is " + replicas, expected);
    }
    try {
      return Replicas.parse(replicas.asText());
    } catch (IllegalArgumentException e) {
      throw new WrongMember("replicas", "is " + replicas, expected);
    }
  }

  private static int priority(JsonNode json) throws WrongMember {
    JsonNode priority = json.path("priority");
    if (!has(json, "priority")) {
      return Preferences.NONE.priority();
    }
    if (!priority.isInt() || Math.abs((long) priority.asInt()) > MOST_PRIORITY) {
      throw new WrongMember(
          "priority",
          "is " + priority,
          "a whole number from -%d to %d".formatted(MOST_PRIORITY, MOST_PRIORITY));
    }
    return priority.asInt();
  }

  private static Map<String, Set<String>> within(JsonNode json) throws WrongMember {
    Map<String, Set<String>> within = new TreeMap<>();
    for (Map.Entry<String, JsonNode> one : object(json, "within", "lists of values").entrySet()) {
      String member = "within." + one.getKey();
      Set<String> values = new TreeSet<>();
      for (JsonNode value : one.getValue().isArray() ? one.getValue() : List.of(one.getValue())) {
        values.add(textual(value, member, "a list of strings"));
      }
      if (values.isEmpty()) {
        throw new WrongMember(member, "is empty", "a list of at least one value");
      }
      within.put(one.getKey(), Set.copyOf(values));
    }
    return within;
  }

  private static List<AliasShare> aliases(JsonNode json, String name) throws WrongMember {
    List<AliasShare> aliases = new ArrayList<>();
    if (!has(json, "aliases")) {
      return aliases;
    }
    JsonNode list = json.path("aliases");
    if (!list.isArray()) {
      throw new WrongMember("aliases", "is no list", "a list of names or of {name, weight}");
    }
    Set<String> names = new HashSet<>(Set.of(name));
    for (int i = 0; i < list.size(); i++) {
      String member = "aliases[" + i + "]";
      AliasShare alias = alias(list.get(i), member);
      if (!names.add(alias.name())) {
        throw new WrongMember(member, "is " + alias.name() + " again", "another name");
      }
      aliases.add(alias);
    }
    return aliases;
  }

  private static AliasShare alias(JsonNode json, String member) throws WrongMember {
    String expected = "a name, or an object with name and weight";
    JsonNode name = json.isObject() ? json.path("name") : json;
    if (json.isObject()) {
      for (var names = json.fieldNames(); names.hasNext(); ) {
        String one = names.next();
        if (!one.equals("name") && !one.equals("weight")) {
          throw new WrongMember(member + "." + one, "is unknown", "name, weight");
        }
      }
    }
    String text = textual(name, member, expected);
    refuseName(member, text);
    JsonNode weight = json.path("weight");
    if (!json.hasNonNull("weight")) {
      return new AliasShare(text);
    }
    if (!weight.isInt() || weight.asInt() < 0 || weight.asInt() > AliasShare.MOST) {
      throw new WrongMember(
          member + ".weight", "is " + weight, "a whole number from 0 to " + AliasShare.MOST);
    }
    return new AliasShare(text, weight.asInt());
  }

  /** Writes what {@link #read} reads, with the credentials. */
  static ObjectNode write(AdapterSpec spec) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    AdapterSource source = spec.source();
    json.put("name", spec.name());
    unless(json, "baseModel", spec.baseModel(), "");
    json.put("source", source.url());
    json.put("replicas", spec.replicas().toString());
    unless(json, "sha256", source.sha256(), null);
    if (spec.preferences().priority() != 0) {
      json.put("priority", spec.preferences().priority());
    }
    mapping(json, "within", spec.preferences().within(), SpecJson::list);
    if (!spec.aliases().isEmpty()) {
      ArrayNode aliases = json.putArray("aliases");
      spec.aliases()
          .forEach(one -> aliases.addObject().put("name", one.name()).put("weight", one.weight()));
    }
    mapping(json, "credentials", source.credentials(), JsonNodeFactory.instance::textNode);
    unless(json, "local", source.local() == null ? null : source.local().toString(), null);
    return json;
  }

  private static void unless(
      ObjectNode json, String member, @Nullable String value, @Nullable String usual) {
    if (value != null && !value.equals(usual)) {
      json.put(member, value);
    }
  }

  private static <T> void mapping(
      ObjectNode json, String member, Map<String, T> values, Function<T, JsonNode> each) {
    if (!values.isEmpty()) {
      ObjectNode object = json.putObject(member);
      new TreeMap<>(values).forEach((key, value) -> object.set(key, each.apply(value)));
    }
  }

  private static ArrayNode list(Set<String> values) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    new TreeSet<>(values).forEach(list::add);
    return list;
  }
}
