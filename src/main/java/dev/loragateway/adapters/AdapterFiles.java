package dev.loragateway.adapters;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.loragateway.adapters.Inspection.Good;
import dev.loragateway.adapters.Inspection.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads what the files of an adapter in PEFT's layout say of it, and tells what vLLM and SGLang
 * would refuse to load, without reading the weights. Blocks. Stateless.
 */
public final class AdapterFiles {
  /** Makes a directory an adapter. */
  public static final String CONFIG = "adapter_config.json";

  /** Has the weights. */
  public static final String WEIGHTS = "adapter_model.safetensors";

  private static final String PICKLED_WEIGHTS = "adapter_model.bin";
  private static final int MOST_CONFIG = 1 << 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  private AdapterFiles() {}

  /**
   * Looks at the adapter in a directory.
   *
   * @throws IOException if the files cannot be read now; another try may help
   */
  public static Inspection inspect(Path directory) throws IOException {
    Path config = directory.resolve(CONFIG);
    Path weights = directory.resolve(WEIGHTS);
    if (!Files.exists(config)) {
      return new Refused("there is no " + CONFIG);
    }
    if (!Files.exists(weights)) {
      return new Refused(
          Files.exists(directory.resolve(PICKLED_WEIGHTS))
              ? PICKLED_WEIGHTS
                  + " is a pickle, which can run code when it is loaded (expected: "
                  + WEIGHTS
                  + ")"
              : "there is no " + WEIGHTS);
    }
    if (Files.size(config) > MOST_CONFIG) {
      return new Refused(CONFIG + " is larger than " + MOST_CONFIG + " bytes");
    }
    try {
      return inspect(JSON.readTree(Files.readAllBytes(config)), SafetensorsHeader.read(weights));
    } catch (JsonProcessingException e) {
      return new Refused(
          "%s is no JSON: line %d, column %d"
              .formatted(CONFIG, e.getLocation().getLineNr(), e.getLocation().getColumnNr()));
    } catch (SafetensorsHeader.FormatException e) {
      return new Refused(WEIGHTS + " is no whole safetensors file: " + e.getMessage());
    }
  }

  private static Inspection inspect(JsonNode config, SafetensorsHeader weights) {
    String refused = refused(config);
    if (refused != null) {
      return new Refused(CONFIG + ": " + refused);
    }
    int rank = rank(config);
    for (SafetensorsHeader.Tensor tensor : weights.tensors()) {
      if (tensor.name().contains(".lora_A.")
          && (tensor.shape().isEmpty() || tensor.shape().getFirst() > rank)) {
        return new Refused(
            "tensor %s has the shape %s (expected: a rank of at most %d)"
                .formatted(tensor.name(), tensor.shape(), rank));
      }
    }
    if (weights.tensors().isEmpty()) {
      return new Refused(WEIGHTS + " has no tensors");
    }
    return new Good(
        new AdapterFacts(
            rank,
            config.path("lora_alpha").asDouble(),
            targetModules(config.path("target_modules")),
            config.path("base_model_name_or_path").asText(""),
            weights.bytes(),
            weights.tensors().size()));
  }

  /** What vLLM's PEFTHelper refuses, and what it would read wrongly. */
  private static @org.jspecify.annotations.Nullable String refused(JsonNode config) {
    String kind = config.path("peft_type").asText("LORA");
    if (!kind.equals("LORA")) {
      return "peft_type is " + kind + " (expected: LORA)";
    }
    if (!config.path("r").canConvertToInt() || config.path("r").asInt() < 1) {
      return "r is " + config.path("r") + " (expected: a number from 1)";
    }
    if (config.path("use_dora").asBoolean()) {
      return "use_dora is not supported by the engines";
    }
    String bias = config.path("bias").asText("none");
    if (!bias.equals("none")) {
      return "bias is " + bias + " (expected: none)";
    }
    return config.path("modules_to_save").isEmpty()
        ? null
        : "modules_to_save is not supported by the engines";
  }

  private static int rank(JsonNode config) {
    int rank = config.path("r").asInt();
    for (JsonNode other : config.path("rank_pattern")) {
      rank = Math.max(rank, other.asInt());
    }
    return rank;
  }

  private static List<String> targetModules(JsonNode modules) {
    if (modules.isTextual()) {
      return List.of(modules.asText());
    }
    List<String> names = new ArrayList<>();
    modules.forEach(name -> names.add(name.asText()));
    names.sort(null);
    return names;
  }
}
