package dev.loragateway.runtime;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which files of an artifact are kept: configuration, weights and what tokenizers want. Pickles
 * never are, as they can run code when they are loaded. Stateless.
 */
final class KeptFiles {
  private static final Pattern NAME =
      Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,200}\\.(json|safetensors|jinja)");
  private static final Set<String> TOKENIZER = Set.of("tokenizer.model", "vocab.txt", "merges.txt");
  private static final Pattern PICKLE = Pattern.compile("adapter_model\\.(bin|pt|pth|ckpt|pkl)");

  private KeptFiles() {}

  static boolean keeps(String name) {
    return NAME.matcher(name).matches() || TOKENIZER.contains(name);
  }

  /** Weights that would run code. */
  static boolean isPickle(String name) {
    return PICKLE.matcher(name).matches();
  }
}
