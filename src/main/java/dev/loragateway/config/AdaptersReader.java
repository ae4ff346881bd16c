package dev.loragateway.config;

import dev.loragateway.adapters.AdapterNames;
import dev.loragateway.adapters.AdapterSettings;
import dev.loragateway.adapters.AdapterSettings.Cluster;
import dev.loragateway.adapters.AdapterSettings.Demand;
import dev.loragateway.adapters.AdapterSettings.Directory;
import dev.loragateway.adapters.AdapterSettings.Loading;
import dev.loragateway.adapters.AdapterSource;
import dev.loragateway.adapters.AdapterSpec;
import dev.loragateway.adapters.AliasShare;
import dev.loragateway.adapters.PlacementSettings;
import dev.loragateway.adapters.PlacementStrategy;
import dev.loragateway.adapters.Preferences;
import dev.loragateway.adapters.Replicas;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads which adapters there should be. Confined to the reading thread. */
final class AdaptersReader {
  private static final int MANY = 1_000_000;
  private static final int MOST_PORT = 65_535;
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration DAY = Duration.ofDays(1);
  private static final Pattern SHA_256 = Pattern.compile("[0-9a-fA-F]{64}");
  private static final Pattern SOURCE =
      Pattern.compile("(file:///|/|https?://[^/]|s3://[^/]|hf://[^/]|huggingface://[^/]).*");

  private static final Format<String> ADAPTER =
      new Format<>(
          "letters, digits and . _ + = - in segments between /",
          text -> {
            String refusal = AdapterNames.refusal(text);
            return refusal == null
                ? new Parsed.Value<>(text)
                : Parsed.wrong(text, "is no adapter's name");
          });

  private static final Format<String> URL =
      new Format<>(
          "file:///PATH, /PATH, or a URL of http, https, s3 or hf",
          text ->
              SOURCE.matcher(text).matches()
                  ? new Parsed.Value<>(text)
                  : Parsed.wrong(text, "is no source of an adapter"));

  private static final Format<String> DIGEST =
      new Format<>(
          "64 hexadecimal digits",
          text ->
              SHA_256.matcher(text).matches()
                  ? new Parsed.Value<>(text)
                  : Parsed.wrong(text, "is no SHA-256"));

  private static final Format<Replicas> REPLICAS =
      new Format<>(
          "a number, all, auto, or bounds such as 0-4",
          text -> {
            try {
              return new Parsed.Value<>(Replicas.parse(text));
            } catch (IllegalArgumentException e) {
              return Parsed.wrong(text, "is no number of replicas");
            }
          });

  private static final Format<Set<String>> VALUES =
      new Format<>(
          "values with commas between them",
          text -> new Parsed.Value<>(Set.of(text.strip().split("\\s*,\\s*"))));

  private static final Format<Double> CONCURRENCY =
      new Format<>(
          "a number above 0",
          text -> {
            try {
              double number = Double.parseDouble(text);
              return number > 0 && number <= MANY
                  ? new Parsed.Value<>(number)
                  : Parsed.wrong(text, "is out of range");
            } catch (NumberFormatException e) {
              return Parsed.wrong(text, "is not a number");
            }
          });

  private final Path baseDir;
  private final ClaimedNames names;
  private final Map<String, String> basesOfAliases = new HashMap<>();
  private final List<Located<String>> aliases = new ArrayList<>();
  private Set<String> bases = Set.of();

  /**
   * Reads.
   *
   * @param baseDir where relative paths begin
   * @param names those of models that are taken
   */
  AdaptersReader(Path baseDir, ClaimedNames names) {
    this.baseDir = baseDir;
    this.names = names;
  }

  /** Reads the section; {@code bases} are the base models of the pools. */
  AdapterSettings read(Section section, Set<String> bases) {
    this.bases = bases;
    boolean looks = section.has("directory");
    boolean clustered = section.has("kubernetes");
    Directory directory =
        section.<@Nullable Directory>section("directory", of -> directory(of, looks));
    List<AdapterSpec> list =
        section.optionalSections("list", "a list of adapters", this::spec).stream()
            .filter(spec -> !spec.name().isEmpty())
            .toList();
    aliases.forEach(alias -> names.avoid(alias.value(), alias.path(), alias.line()));
    Located<String> file = section.find("file", Formats.PATH);
    Cluster cluster =
        section.<@Nullable Cluster>section("kubernetes", of -> cluster(of, clustered));
    return new AdapterSettings(
        directory,
        list,
        file == null ? null : baseDir.resolve(file.value()),
        cluster,
        section.section("placement", AdaptersReader::placement),
        section.section("loading", AdaptersReader::loading),
        section.section("demand", AdaptersReader::demand));
  }

  private @Nullable Directory directory(Section section, boolean there) {
    Located<String> path =
        there ? section.require("path", Formats.PATH) : section.find("path", Formats.PATH);
    Duration interval =
        section.value("interval", Quantities.duration(SECOND, DAY), Duration.ofSeconds(10));
    String base = baseModel(section);
    Replicas replicas = section.value("replicas", REPLICAS, Replicas.AUTO);
    Located<String> enginePath = section.find("enginePath", Formats.PATH);
    if (path == null) {
      return null;
    }
    Path seen = baseDir.resolve(path.value()).normalize();
    String engines = enginePath == null ? seen.toString() : enginePath.value();
    if (!engines.startsWith("/")) {
      section.fault("enginePath", Text.quote(engines) + " is not absolute (expected: /PATH)");
    }
    return new Directory(seen, engines, interval, base, replicas);
  }

  private String baseModel(Section section) {
    String base = section.value("baseModel", Formats.MODEL, "");
    if (!base.isEmpty() && !bases.contains(base)) {
      section.fault(
          "baseModel",
          Text.quote(base)
              + " is served by no pool (expected: one of "
              + String.join(", ", bases)
              + ")");
    }
    return base;
  }

  private AdapterSpec spec(Section section) {
    Located<String> name = section.require("name", ADAPTER);
    if (name != null) {
      names.claim(name.value(), name.path(), name.line());
      String lint = AdapterNames.lint(name.value());
      if (lint != null) {
        section.warn("name", lint);
      }
    }
    String base = baseModel(section);
    return new AdapterSpec(
        name == null ? "" : name.value(),
        base,
        source(section),
        section.value("replicas", REPLICAS, Replicas.AUTO),
        preferences(section),
        aliases(section, base));
  }

  private AdapterSource source(Section section) {
    Located<String> url = section.require("source", URL);
    Located<String> digest = section.find("sha256", DIGEST);
    Located<String> local = section.find("local", Formats.PATH);
    Map<String, String> credentials = new LinkedHashMap<>();
    section
        .entries("credentials", Formats.MODEL, Formats.SECRET)
        .forEach((key, value) -> credentials.put(key, value.value()));
    AdapterSource source =
        new AdapterSource(
            url == null ? "" : url.value(),
            digest == null ? null : digest.value(),
            credentials,
            local == null ? null : baseDir.resolve(local.value()));
    String path = source.path();
    return local == null && path != null && Files.isDirectory(Path.of(path))
        ? new AdapterSource(source.url(), source.sha256(), credentials, Path.of(path))
        : source;
  }

  private static Preferences preferences(Section section) {
    Map<String, Set<String>> within = new LinkedHashMap<>();
    section
        .entries("within", Formats.MODEL, VALUES)
        .forEach((label, values) -> within.put(label, values.value()));
    return new Preferences(section.value("priority", Quantities.integer(-MANY, MANY), 0), within);
  }

  /** Adapters of one base model share aliases, but no alias is the name of a model. */
  private List<AliasShare> aliases(Section section, String base) {
    List<AliasShare> shares = new ArrayList<>();
    section
        .entries("aliases", Formats.MODEL, Quantities.integer(0, AliasShare.MOST))
        .forEach(
            (alias, weight) -> {
              shares.add(new AliasShare(alias, weight.value()));
              aliases.add(new Located<>(alias, weight.path(), weight.line()));
              String other = base.isEmpty() ? null : basesOfAliases.putIfAbsent(alias, base);
              if (other != null && !other.equals(base)) {
                section.fault(
                    "aliases",
                    "%s is shared with an adapter of %s (expected: adapters of one base model)"
                        .formatted(Text.quote(alias), Text.quote(other)));
              }
            });
    return shares;
  }

  private static @Nullable Cluster cluster(Section section, boolean there) {
    List<String> namespaces = section.values("namespaces", Formats.KUBERNETES_NAME, List.of());
    boolean aibrix = section.value("aibrix", Formats.BOOLEAN, false);
    boolean services = section.value("services", Formats.BOOLEAN, false);
    return there ? new Cluster(new HashSet<>(namespaces), aibrix, services) : null;
  }

  private static PlacementSettings placement(Section section) {
    PlacementSettings defaults = PlacementSettings.DEFAULT;
    int reserve = (int) Math.round(defaults.reserve() * 100);
    int percent = section.value("reserve", Quantities.percentage(0), reserve);
    if (percent == 100) {
      section.fault("reserve", "\"100%\" leaves no slot (expected: less)");
    }
    return new PlacementSettings(
        section.value(
            "strategy",
            Formats.choice(
                PlacementStrategy.values(),
                one -> one.name().toLowerCase(Locale.ROOT).replace('_', '-')),
            defaults.strategy()),
        section.has("reserve") ? Math.min(percent, 99) / 100.0 : defaults.reserve(),
        section.value("maxMoves", Quantities.integer(0, MANY), defaults.maxMoves()));
  }

  private static Loading loading(Section section) {
    Loading defaults = Loading.DEFAULTS;
    Located<String> runtimeApiKey = section.find("runtimeApiKey", Formats.SECRET);
    if (runtimeApiKey != null && !section.has("runtimePort")) {
      section.fault("runtimeApiKey", "is for no runtime (expected: runtimePort, too)");
    }
    return new Loading(
        section.value("parallel", Quantities.integer(1, 1000), defaults.parallel()),
        section.value("perSecond", Quantities.integer(1, 1000), defaults.perSecond()),
        section.value("timeout", Quantities.duration(SECOND, DAY), defaults.timeout()),
        section.value("drain", Quantities.durationOrOff(DAY), defaults.drain()),
        section.value("runtimePort", Quantities.integer(1, MOST_PORT), defaults.runtimePort()),
        runtimeApiKey == null ? null : runtimeApiKey.value());
  }

  private static Demand demand(Section section) {
    Demand defaults = Demand.DEFAULTS;
    return new Demand(
        section.value("perReplica", CONCURRENCY, defaults.perReplica()),
        section.value("shrinkAfter", Quantities.durationOrOff(DAY), defaults.shrinkAfter()),
        section.value("idle", Quantities.duration(SECOND, DAY), defaults.idle()));
  }
}
