package dev.loragateway.runtime;

/** Whose API loads adapters. */
public enum EngineKind {
  VLLM("/v1/load_lora_adapter", "/v1/unload_lora_adapter"),
  SGLANG("/load_lora_adapter", "/unload_lora_adapter");

  private final String load;
  private final String unload;

  EngineKind(String load, String unload) {
    this.load = load;
    this.unload = unload;
  }

  String loadPath() {
    return load;
  }

  String unloadPath() {
    return unload;
  }
}
