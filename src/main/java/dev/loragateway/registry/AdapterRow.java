package dev.loragateway.registry;

import dev.loragateway.model.Residency;
import dev.loragateway.registry.ServedNames.Copies;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One adapter over the endpoints of its pool, by their position in the snapshot. Which endpoints
 * list it is fixed; where it is busy or resident is live, like its cells. Thread-safe; only the
 * registry's writer moves the residency.
 */
public final class AdapterRow {
  private final String adapter;
  private final EndpointBits registered;
  private final AdapterCell[] cells;
  private final EndpointBits busy;
  private final EndpointBits gpu;
  private final EndpointBits cpu;
  private final HomeOrder homes;
  private final boolean expected;
  private final double size;

  /** A row of an adapter that was not listed before. */
  AdapterRow(
      String adapter,
      EndpointBits registered,
      @Nullable Copies managed,
      List<LiveEndpoint> members) {
    this.adapter = adapter;
    this.expected = managed != null && managed.expected();
    this.size = managed == null ? 1 : managed.size();
    this.registered = registered;
    this.cells = new AdapterCell[members.size()];
    this.busy = new EndpointBits(members.size());
    this.gpu = new EndpointBits(members.size());
    this.cpu = new EndpointBits(members.size());
    this.homes = HomeOrder.of(adapter, members.stream().mapToLong(LiveEndpoint::hash).toArray());
    for (int i = 0; i < cells.length; i++) {
      cells[i] = members.get(i).inFlight.listedCell(adapter, busy, i);
    }
  }

  /** A row that takes the place of another one of the same adapter over the same endpoints. */
  AdapterRow(AdapterRow before, EndpointBits registered, @Nullable Copies managed) {
    this.expected = managed != null && managed.expected();
    this.size = managed == null ? 1 : managed.size();
    this.adapter = before.adapter;
    this.registered = registered;
    this.cells = before.cells;
    this.busy = before.busy;
    this.gpu = before.gpu;
    this.cpu = before.cpu;
    this.homes = before.homes;
  }

  public String adapter() {
    return adapter;
  }

  /** Returns whether the control plane will load the adapter where nobody has it. */
  public boolean expected() {
    return expected;
  }

  /** How much longer a swap of it takes than one of the pool's mean. */
  public double size() {
    return size;
  }

  /**
   * Returns whether the endpoint lists the adapter in {@code /v1/models} and may be asked for it.
   */
  public boolean registered(int endpoint) {
    return registered.at(endpoint);
  }

  public AdapterCell cell(int endpoint) {
    return cells[endpoint];
  }

  /** Returns whether the adapter has requests under way at the endpoint, as its cell says. */
  public boolean busy(int endpoint) {
    return busy.at(endpoint);
  }

  /** The 64 endpoints from 64 times {@code word} on that list the adapter, one bit each. */
  public long registeredWord(int word) {
    return registered.word(word);
  }

  /** Those of them that have it in a GPU slot or have requests for it. */
  public long hereWord(int word) {
    return gpu.word(word) | busy.word(word);
  }

  /**
   * The first endpoint from {@code from} on that has the adapter in a GPU slot or requests for it;
   * -1 when there is none.
   */
  public int nextHere(int from) {
    return EndpointBits.next(from, gpu, busy);
  }

  /** Where the adapter's weights are at an endpoint of which that is known. */
  public Residency level(int endpoint) {
    if (gpu.at(endpoint)) {
      return Residency.GPU;
    }
    return cpu.at(endpoint) ? Residency.CPU : Residency.REGISTERED;
  }

  /** Sets the new level before it takes back the old one. */
  void move(int endpoint, Residency level) {
    if (level == Residency.GPU) {
      gpu.set(endpoint, true);
      cpu.set(endpoint, false);
    } else {
      cpu.set(endpoint, level == Residency.CPU);
      gpu.set(endpoint, false);
    }
  }

  /** The endpoints, the adapter's nearest home first. */
  public HomeOrder homes() {
    return homes;
  }
}
