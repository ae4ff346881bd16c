package dev.loragateway.kubernetes;

import dev.loragateway.adapters.AdapterNames;
import dev.loragateway.adapters.AdapterSource;
import dev.loragateway.adapters.AdapterSpec;
import dev.loragateway.adapters.AliasShare;
import dev.loragateway.adapters.PlacementSite;
import dev.loragateway.adapters.Preferences;
import dev.loragateway.adapters.Replicas;
import dev.loragateway.kubernetes.LoraAdapterSpec.Scheduling;
import io.fabric8.kubernetes.api.model.IntOrString;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what a {@link LoraAdapter} declares. Confined to one thread. */
final class SpecReader {
  static final String INVALID_NAME = "InvalidName";
  static final String INVALID_SPEC = "InvalidSpec";
  static final String UNSUPPORTED_SOURCE = "UnsupportedSource";

  private static final List<String> SCHEMES =
      List.of("/", "file:///", "http://", "https://", "s3://", "hf://");

  private final Credentials credentials;

  SpecReader(Credentials credentials) {
    this.credentials = credentials;
  }

  /** A fault that was found on the way. */
  private static final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Reading.Faulty faulty;

    Fault(String reason, String message) {
      super(message, null, false, false);
      this.faulty = new Reading.Faulty(reason, message);
    }
  }

  /** Reads an object; does not ask whether its name is taken. */
  AdapterObject read(LoraAdapter object) {
    return new AdapterObject(object.getMetadata(), object.model(), reading(object), object);
  }

  private Reading reading(LoraAdapter object) {
    LoraAdapterSpec spec = object.getSpec();
    LoraAdapterSpec.Source source = spec == null ? null : spec.source();
    if (spec == null || source == null) {
      return new Reading.Faulty(INVALID_SPEC, "spec.source is missing");
    }
    String refused = AdapterNames.refusal(object.model());
    if (refused != null) {
      return new Reading.Faulty(INVALID_NAME, refused);
    }
    try {
      return new Reading.Good(spec(object, spec, source));
    } catch (Fault e) {
      return e.faulty;
    }
  }

  private AdapterSpec spec(
      LoraAdapter object, LoraAdapterSpec spec, LoraAdapterSpec.Source source) {
    return new AdapterSpec(
        object.model(),
        spec.baseModel() == null ? "" : spec.baseModel(),
        source(object.getMetadata().getNamespace(), source),
        replicas(spec.replicas()),
        new Preferences(priority(spec), within(spec.scheduling())),
        aliases(object.model(), spec.aliases()));
  }

  private AdapterSource source(String namespace, LoraAdapterSpec.Source source) {
    String url = source.url();
    if (SCHEMES.stream().noneMatch(scheme -> url.startsWith(scheme) && !url.equals(scheme))) {
      throw new Fault(
          UNSUPPORTED_SOURCE,
          "spec.source.url is %s (expected: /..., file:///..., http(s)://, s3:// or hf://)"
              .formatted(new AdapterSource(url)));
    }
    String secret = source.secretRef() == null ? "" : source.secretRef().name();
    return source(url, source.sha256(), entries(namespace, secret));
  }

  /** A source whose files the gateway sees if they are where the engines have them. */
  static AdapterSource source(String url, @Nullable String sha256, Map<String, String> entries) {
    String path = new AdapterSource(url).path();
    try {
      Path local = path == null ? null : Path.of(path);
      boolean seen = local != null && Files.isDirectory(local);
      return new AdapterSource(url, sha256, entries, seen ? local : null);
    } catch (InvalidPathException e) {
      return new AdapterSource(url, sha256, entries, null);
    }
  }

  private Map<String, String> entries(String namespace, String secret) {
    if (secret.isEmpty()) {
      return Map.of();
    }
    return switch (credentials.of(namespace, secret)) {
      case Credentials.Found found -> found.entries();
      case Credentials.Missing missing -> throw new Fault(missing.reason(), missing.message());
    };
  }

  private static Replicas replicas(@Nullable IntOrString replicas) {
    if (replicas == null || replicas.getValue() == null) {
      return Replicas.AUTO;
    }
    try {
      return Replicas.parse(String.valueOf(replicas.getValue()));
    } catch (IllegalArgumentException e) {
      throw new Fault(INVALID_SPEC, "spec." + e.getMessage());
    }
  }

  private static int priority(LoraAdapterSpec spec) {
    if (spec.priority() != null) {
      return spec.priority();
    }
    return spec.priorityClass() == null ? 0 : spec.priorityClass().priority;
  }

  private static Map<String, Set<String>> within(@Nullable Scheduling scheduling) {
    Map<String, Set<String>> within = new HashMap<>();
    if (scheduling != null) {
      if (scheduling.labels() != null) {
        scheduling.labels().forEach((label, values) -> put(within, label, values));
      }
      put(within, PlacementSite.NODE, scheduling.nodes());
      put(within, PlacementSite.ZONE, scheduling.zones());
      put(within, Preferences.ENGINE, scheduling.engines());
    }
    return within;
  }

  /** An empty list asks for nothing. */
  private static void put(
      Map<String, Set<String>> within, String label, @Nullable List<String> values) {
    if (values != null && !values.isEmpty()) {
      within.put(label, new LinkedHashSet<>(values));
    }
  }

  private static List<AliasShare> aliases(
      String model, @Nullable List<LoraAdapterSpec.Alias> aliases) {
    List<AliasShare> shares = new ArrayList<>();
    Set<String> names = new HashSet<>(Set.of(model));
    for (LoraAdapterSpec.Alias alias :
        aliases == null ? List.<LoraAdapterSpec.Alias>of() : aliases) {
      String refused = AdapterNames.refusal(alias.name());
      if (refused != null || !names.add(alias.name())) {
        throw new Fault(
            INVALID_NAME,
            "spec.aliases: " + (refused == null ? alias.name() + " is there twice" : refused));
      }
      try {
        shares.add(
            new AliasShare(
                alias.name(), alias.weight() == null ? AliasShare.USUAL : alias.weight()));
      } catch (IllegalArgumentException e) {
        throw new Fault(INVALID_SPEC, "spec.aliases: " + e.getMessage());
      }
    }
    return shares;
  }
}
