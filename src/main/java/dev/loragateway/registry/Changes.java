package dev.loragateway.registry;

/**
 * Whether anything about the endpoints of a pool changed since its last snapshot, so that the pools
 * where nothing did are left as they are. Confined to the registry's lock.
 */
final class Changes {
  private boolean any = true;
  private boolean models = true;

  /** Something about an endpoint changed. */
  void happened() {
    any = true;
  }

  /** The models that an endpoint lists changed. */
  void ofModels() {
    any = true;
    models = true;
  }

  /** Returns whether there were any since this was asked last. */
  boolean taken() {
    boolean were = any;
    any = false;
    return were;
  }

  /** Returns whether models changed since this was asked last. */
  boolean takenOfModels() {
    boolean were = models;
    models = false;
    return were;
  }
}
