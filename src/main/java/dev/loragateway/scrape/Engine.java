package dev.loragateway.scrape;

/** The kinds of model server whose metrics are understood. */
public enum Engine {
  VLLM,
  SGLANG
}
