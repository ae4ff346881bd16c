package dev.loragateway.adapters;

import dev.loragateway.adapters.AdapterStatus.Copy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Tells in sentences why an adapter is where it is, or why it is nowhere. Stateless. */
public final class AdapterExplanation {
  private AdapterExplanation() {}

  /**
   * Explains.
   *
   * @param clashes other origins that declare the same name, without effect
   * @param now in Unix milliseconds
   */
  public static List<String> of(AdapterStatus status, List<String> clashes, long now) {
    List<String> sentences = new ArrayList<>();
    sentences.add(phase(status));
    sentences.add("It is declared by " + status.origin() + ".");
    clashes.forEach(
        origin -> sentences.add("%s declares it too, without effect.".formatted(capital(origin))));
    sentences.add(files(status));
    sentences.add(baseModel(status));
    sentences.add(placement(status));
    revisions(status, sentences);
    status.copies().forEach(copy -> sentences.add(copy(copy, now)));
    status.spec().aliases().forEach(alias -> sentences.add(alias(alias)));
    return sentences;
  }

  private static String phase(AdapterStatus status) {
    String message = status.message().isEmpty() ? "" : ": " + status.message();
    String found =
        switch (status.phase()) {
          case PENDING -> "It is pending, loaded nowhere yet" + message;
          case LOADING -> "It is being loaded for the first time" + message;
          case READY -> "It is ready: as many endpoints serve it as should";
          case DEGRADED -> "It is served, but not as it should be" + message;
          case ARCHIVED -> "It is archived: nobody asked for it lately; its next request loads it";
          case FAILED -> "It failed: no endpoint could load it so far" + message;
          case REFUSED -> "It is refused, and no endpoint is asked to load it" + message;
        };
    return found + ".";
  }

  private static String files(AdapterStatus status) {
    AdapterSource source = status.spec().source();
    AdapterFacts facts = status.facts();
    if (facts != null) {
      return "Its files, from %s, were read: rank %d, %,d bytes of weights, target modules %s."
          .formatted(source, facts.rank(), facts.bytes(), String.join(", ", facts.targetModules()));
    }
    return source.local() == null
        ? "Its files, at %s, are not seen by the gateway; the engines judge them when they load it."
            .formatted(source)
        : "Its files, looked for in %s, tell nothing so far.".formatted(source.local());
  }

  private static String baseModel(AdapterStatus status) {
    AdapterFacts facts = status.facts();
    String declared = status.spec().baseModel();
    String trained =
        facts == null || facts.baseModel().isEmpty()
            ? ""
            : "; its files say that it was trained for " + facts.baseModel();
    return (declared.isEmpty()
            ? "It declares no base model, so that its files or the only pool decide"
            : "It is for the pool with the base model " + declared)
        + trained
        + ".";
  }

  private static String placement(AdapterStatus status) {
    Replicas replicas = status.spec().replicas();
    return "%s should have it now (replicas: %s); %s."
        .formatted(
            status.desired() == 1 ? "1 endpoint" : status.desired() + " endpoints",
            replicas,
            status.ready() == 1 ? "1 serves it" : status.ready() + " serve it");
  }

  private static void revisions(AdapterStatus status, List<String> sentences) {
    String wanted = status.revision();
    String serving = status.serving();
    if (wanted.isEmpty()) {
      sentences.add("Its revision is not known, since its files were not read.");
    } else if (serving.isEmpty() || serving.equals(wanted)) {
      sentences.add("Its revision is " + wanted + ".");
    } else {
      sentences.add(
          "Requests still go to revision %s, until %s is loaded.".formatted(serving, wanted));
    }
  }

  private static String copy(Copy copy, long now) {
    String at = copy.address() + " (revision " + copy.revision() + ")";
    return switch (copy.state()) {
      case READY -> at + " serves it.";
      case LOADING -> at + " is loading it, or is asked for its first token.";
      case DRAINING -> at + " should not have it any more: it ends what it began, then unloads it.";
      case FAILED -> failed(copy, at, now);
    };
  }

  private static String failed(Copy copy, String at, long now) {
    if (copy.attempts() == 0) {
      return at + " is to load it next.";
    }
    String next =
        copy.retryAt() > 0
            ? String.format(
                Locale.ROOT,
                "the next try comes in %.1f s",
                Math.max(0, copy.retryAt() - now) / 1e3)
            : "the next try comes now, unless the reason is lasting";
    return "%s failed to load it %s: %s; %s."
        .formatted(at, times(copy.attempts()), copy.message(), next);
  }

  private static String times(int count) {
    return count == 1 ? "once" : count + " times";
  }

  private static String alias(AliasShare alias) {
    return "It also serves the name %s, with weight %d.".formatted(alias.name(), alias.weight());
  }

  private static String capital(String text) {
    return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
  }
}
