package dev.loragateway.adapters;

import dev.loragateway.registry.Hashing;
import java.util.LinkedHashSet;
import java.util.Set;

/** What a plan in the making has put on an endpoint. Confined to one plan. */
final class PlannedSite {
  /** Adapters padded to a rank this many times their own cost the batch more than a move. */
  private static final int ALIKE_RANKS = 4;

  final PlacementSite site;
  final Set<PlannedAdapter> adapters = new LinkedHashSet<>();
  private final long hash;
  private final int usable;
  private double load;
  private double fairLoad;
  private double fairCount;

  PlannedSite(PlacementSite site, double reserve) {
    this.site = site;
    this.hash = Hashing.of(site.address());
    this.usable = Math.max(1, (int) (site.slots() * (1 - reserve)));
    this.load = site.load();
    this.fairCount = usable;
  }

  /** Slots that are not kept for swaps, from 1. */
  int usable() {
    return usable;
  }

  double load() {
    return load;
  }

  /** What this endpoint would have if everything were spread evenly; its slots it may fill. */
  void fair(double load, double count) {
    fairLoad = load;
    fairCount = Math.max(usable, count);
  }

  void add(PlannedAdapter adapter) {
    adapters.add(adapter);
    adapter.sites.add(this);
    load += adapter.share();
  }

  void remove(PlannedAdapter adapter) {
    adapters.remove(adapter);
    adapter.sites.remove(this);
    load -= adapter.share();
  }

  /** How full it is with {@code more} adapters of so much load: 1 = as full as is fair. */
  double pressure(int more, double share) {
    double byLoad = fairLoad > 0 ? (load + share) / fairLoad : 0;
    return Math.max(byLoad, (adapters.size() + more) / fairCount);
  }

  /** Adapters for each slot. */
  double filled() {
    return (double) adapters.size() / usable;
  }

  /** Whether adapters are there whose rank differs a lot. */
  boolean mixes(int rank) {
    return rank > 0 && adapters.stream().anyMatch(other -> unlike(rank, other.request.rank()));
  }

  private static boolean unlike(int one, int other) {
    return other > 0 && Math.max(one, other) >= ALIKE_RANKS * Math.min(one, other);
  }

  /** The place of this endpoint among the homes of an adapter: the highest is its first. */
  long homeScore(long adapterHash) {
    return Hashing.score(adapterHash, hash);
  }

  String label(String name) {
    return site.labels().getOrDefault(name, "");
  }
}
