package dev.loragateway.access;

/**
 * The Kubernetes Secret that holds keys. Immutable.
 *
 * @param namespace empty = the gateway's own
 * @param key of the entry, which holds what a file of keys would
 */
public record KeysSecret(String namespace, String name, String key) {
  @Override
  public String toString() {
    return "Secret " + (namespace.isEmpty() ? "" : namespace + "/") + name;
  }
}
