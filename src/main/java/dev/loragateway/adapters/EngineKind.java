package dev.loragateway.adapters;

/** Whose API loads adapters. */
public enum EngineKind {
  VLLM("/v1/"),
  SGLANG("/");

  private final String prefix;

  EngineKind(String prefix) {
    this.prefix = prefix;
  }

  /** Where it is told to load one. */
  public String loadPath() {
    return prefix + "load_lora_adapter";
  }

  /** Where it is told to forget one. */
  public String unloadPath() {
    return prefix + "unload_lora_adapter";
  }
}
