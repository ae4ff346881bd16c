package dev.loragateway.model;

import org.jspecify.annotations.Nullable;

/**
 * One entry of a model server's {@code /v1/models}: the base model, or an adapter registered there.
 * Immutable.
 *
 * @param id the name that requests use in {@code model}
 * @param parent name of the base model when this is an adapter; null for a base model
 * @param root path or repository of the weights, or null when not told
 * @param created Unix time in seconds, 0 when not told
 * @param maxModelLen context length in tokens, 0 when not told
 */
public record ModelCard(
    String id, @Nullable String parent, @Nullable String root, long created, int maxModelLen) {
  public boolean isAdapter() {
    return parent != null;
  }
}
