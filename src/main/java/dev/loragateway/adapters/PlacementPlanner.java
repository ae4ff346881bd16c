package dev.loragateway.adapters;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides which adapters should be loaded on which endpoints. What is in place stays, unless it
 * does not fit any more or an endpoint is far from its share; what is new goes by the strategy, on
 * nodes and in zones without a copy first. The same input gives the same plan. Confined to one
 * call.
 */
public final class PlacementPlanner {
  /** How far above its fair share an endpoint may be filled. */
  private static final double FULL = 1.25;

  /** How far above it an endpoint has to be before something is moved away. */
  private static final double UNEVEN = 1.5;

  private final PlacementSettings settings;
  private final Map<String, PlannedSite> sites = new LinkedHashMap<>();
  private final List<PlannedAdapter> adapters = new ArrayList<>();

  private PlacementPlanner(
      List<PlacementSite> sites, List<PlacementRequest> requests, PlacementSettings settings) {
    this.settings = settings;
    for (PlacementSite site : sites) {
      this.sites.put(site.address(), new PlannedSite(site, settings.reserve()));
    }
    String salt = settings.strategy() == PlacementStrategy.RANDOM ? "random " : "";
    requests.stream()
        .sorted(
            Comparator.comparingInt(PlacementRequest::priority)
                .thenComparingDouble(PlacementRequest::demand)
                .reversed()
                .thenComparing(PlacementRequest::adapter))
        .map(request -> new PlannedAdapter(request, fitting(request), salt))
        .forEach(adapters::add);
    shareFairly();
  }

  /**
   * Plans anew.
   *
   * @param sites the endpoints that may be used
   * @param requests the adapters that there should be
   * @param now what is in place
   */
  public static Placement plan(
      List<PlacementSite> sites,
      List<PlacementRequest> requests,
      Placement now,
      PlacementSettings settings) {
    PlacementPlanner planner = new PlacementPlanner(sites, requests, settings);
    planner.adapters.forEach(adapter -> planner.keep(adapter, now.of(adapter.request.adapter())));
    planner.adapters.forEach(planner::complete);
    if (settings.strategy() == PlacementStrategy.BALANCED) {
      planner.even();
    }
    return planner.placement();
  }

  private List<PlannedSite> fitting(PlacementRequest request) {
    return sites.values().stream().filter(site -> request.unfit(site.site) == null).toList();
  }

  private void shareFairly() {
    Map<String, List<PlannedSite>> pools =
        sites.values().stream().collect(Collectors.groupingBy(site -> site.site.baseModel()));
    Map<String, double[]> totals = new HashMap<>();
    for (PlannedAdapter adapter : adapters) {
      double[] total = totals.computeIfAbsent(adapter.request.baseModel(), base -> new double[2]);
      total[0] += adapter.request.demand();
      total[1] += adapter.wanted();
    }
    pools.forEach((base, pool) -> shareFairly(pool, totals.getOrDefault(base, new double[2])));
  }

  private static void shareFairly(List<PlannedSite> pool, double[] demandAndCopies) {
    double load = pool.stream().mapToDouble(PlannedSite::load).sum() + demandAndCopies[0];
    double slots = pool.stream().mapToInt(PlannedSite::usable).sum();
    for (PlannedSite site : pool) {
      site.fair(load / pool.size(), demandAndCopies[1] * site.usable() / slots);
    }
  }

  private void keep(PlannedAdapter adapter, List<String> addresses) {
    for (String address : addresses) {
      PlannedSite site = sites.get(address);
      if (site != null && adapter.fitting.contains(site) && !adapter.sites.contains(site)) {
        site.add(adapter);
      }
    }
    while (adapter.sites.size() > adapter.wanted()) {
      Comparator<PlannedSite> worst =
          spread(adapter).thenComparingDouble(site -> site.pressure(0, 0));
      adapter.sites.stream().max(worst).orElseThrow().remove(adapter);
    }
  }

  private void complete(PlannedAdapter adapter) {
    if (adapter.everywhere()) {
      Set<PlannedSite> taken = Set.copyOf(adapter.sites);
      adapter.fitting.stream().filter(site -> !taken.contains(site)).forEach(s -> s.add(adapter));
      return;
    }
    while (adapter.sites.size() < adapter.wanted()) {
      best(adapter, adapter.fitting).add(adapter);
    }
  }

  private PlannedSite best(PlannedAdapter adapter, List<PlannedSite> among) {
    Set<PlannedSite> taken = Set.copyOf(adapter.sites);
    return among.stream()
        .filter(site -> !taken.contains(site))
        .min(spread(adapter).thenComparing(order(adapter)))
        .orElseThrow();
  }

  /** A copy elsewhere is of use when a node, or a zone, is lost. */
  private static Comparator<PlannedSite> spread(PlannedAdapter adapter) {
    return Comparator.<PlannedSite>comparingInt(site -> adapter.beside(site, PlacementSite.NODE))
        .thenComparingInt(site -> adapter.beside(site, PlacementSite.ZONE));
  }

  private Comparator<PlannedSite> order(PlannedAdapter adapter) {
    Comparator<PlannedSite> nearest =
        Comparator.<PlannedSite>comparingLong(site -> site.homeScore(adapter.hash)).reversed();
    return switch (settings.strategy()) {
      case BALANCED ->
          Comparator.<PlannedSite>comparingDouble(
                  site -> Math.max(FULL, site.pressure(1, adapter.share())))
              .thenComparing(site -> site.mixes(adapter.request.rank()))
              .thenComparing(nearest);
      case LEAST_ADAPTERS -> Comparator.comparingDouble(PlannedSite::filled).thenComparing(nearest);
      case BIN_PACK ->
          Comparator.<PlannedSite>comparingDouble(
                  site -> site.filled() < 1 ? -site.filled() : site.filled())
              .thenComparing(nearest);
      case RANDOM -> nearest;
    };
  }

  private void even() {
    for (int moves = settings.maxMoves(); moves > 0; moves--) {
      PlannedSite fullest = fullest();
      if (fullest == null || !relieve(fullest)) {
        return;
      }
    }
  }

  private @Nullable PlannedSite fullest() {
    return sites.values().stream()
        .filter(site -> site.pressure(0, 0) > UNEVEN)
        .max(Comparator.comparingDouble(site -> site.pressure(0, 0)))
        .orElse(null);
  }

  /** Moves the largest adapter that somebody else has room for. */
  private boolean relieve(PlannedSite from) {
    List<PlannedAdapter> largest =
        from.adapters.stream()
            .filter(adapter -> !adapter.everywhere())
            .sorted(Comparator.comparingDouble(PlannedAdapter::share).reversed())
            .toList();
    for (PlannedAdapter adapter : largest) {
      from.remove(adapter);
      PlannedSite to = elsewhere(adapter, from);
      (to == null ? from : to).add(adapter);
      if (to != null) {
        return true;
      }
    }
    return false;
  }

  /** Where there is room, and no more copies around than there were. */
  private @Nullable PlannedSite elsewhere(PlannedAdapter adapter, PlannedSite from) {
    List<PlannedSite> room =
        adapter.fitting.stream()
            .filter(site -> site != from && !adapter.sites.contains(site))
            .filter(site -> site.pressure(1, adapter.share()) <= FULL)
            .filter(site -> spread(adapter).compare(site, from) <= 0)
            .toList();
    return room.isEmpty() ? null : best(adapter, room);
  }

  private Placement placement() {
    Map<String, List<String>> copies = new LinkedHashMap<>();
    Map<String, String> missing = new LinkedHashMap<>();
    for (PlannedAdapter adapter : adapters) {
      String name = adapter.request.adapter();
      copies.put(name, adapter.sites.stream().map(site -> site.site.address()).toList());
      boolean fewer = !adapter.everywhere() && adapter.wanted() < adapter.request.copies();
      if (fewer || (adapter.everywhere() && adapter.fitting.isEmpty())) {
        missing.put(name, why(adapter));
      }
    }
    return new Placement(copies, missing);
  }

  private String why(PlannedAdapter adapter) {
    Set<String> reasons = new TreeSet<>();
    for (PlannedSite site : sites.values()) {
      String reason = adapter.request.unfit(site.site);
      if (reason != null) {
        reasons.add(reason);
      }
    }
    String fit = adapter.fitting.size() + " of " + sites.size() + " endpoints fit";
    return reasons.isEmpty() ? fit : fit + " (others: " + String.join(", ", reasons) + ")";
  }
}
