package dev.loragateway.registry;

/**
 * One adapter over the endpoints of its pool, by their position in the snapshot. Immutable, but for
 * the live cells.
 */
public final class AdapterRow {
  private final String adapter;
  private final boolean[] registered;
  private final AdapterCell[] cells;
  private final long hash;

  AdapterRow(String adapter, boolean[] registered, AdapterCell[] cells) {
    this.adapter = adapter;
    this.registered = registered;
    this.cells = cells;
    this.hash = Hashing.of(adapter);
  }

  public String adapter() {
    return adapter;
  }

  /** Returns whether the endpoint lists the adapter in {@code /v1/models}. */
  public boolean registered(int endpoint) {
    return registered[endpoint];
  }

  public AdapterCell cell(int endpoint) {
    return cells[endpoint];
  }

  /** Of the name, for rendezvous hashing. */
  public long hash() {
    return hash;
  }
}
