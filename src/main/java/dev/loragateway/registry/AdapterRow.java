package dev.loragateway.registry;

/**
 * One adapter over the endpoints of its pool, by their position in the snapshot. Immutable, but for
 * the live cells.
 */
public final class AdapterRow {
  private final String adapter;
  private final int position;
  private final boolean[] registered;
  private final AdapterCell[] cells;
  private final HomeOrder homes;

  AdapterRow(
      String adapter, int position, boolean[] registered, AdapterCell[] cells, HomeOrder homes) {
    this.adapter = adapter;
    this.position = position;
    this.registered = registered;
    this.cells = cells;
    this.homes = homes;
  }

  public String adapter() {
    return adapter;
  }

  /** The adapter's position among the listed ones, the same in all of one snapshot. */
  int position() {
    return position;
  }

  /** Returns whether the endpoint lists the adapter in {@code /v1/models}. */
  public boolean registered(int endpoint) {
    return registered[endpoint];
  }

  public AdapterCell cell(int endpoint) {
    return cells[endpoint];
  }

  /** The endpoints, the adapter's nearest home first. */
  public HomeOrder homes() {
    return homes;
  }

  /** The cells, for a row of the same adapter over the same endpoints. */
  AdapterCell[] cells() {
    return cells;
  }
}
