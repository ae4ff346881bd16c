package dev.loragateway.adapters;

import dev.loragateway.registry.Hashing;
import java.util.ArrayList;
import java.util.List;

/** Where a plan in the making has put an adapter. Confined to one plan. */
final class PlannedAdapter {
  final PlacementRequest request;
  final List<PlannedSite> fitting;
  final List<PlannedSite> sites = new ArrayList<>();
  final long hash;

  PlannedAdapter(PlacementRequest request, List<PlannedSite> fitting, String salt) {
    this.request = request;
    this.fitting = fitting;
    this.hash = Hashing.of(salt + request.adapter());
  }

  /** Copies that there can be. */
  int wanted() {
    return Math.min(request.copies(), fitting.size());
  }

  /** Demand that each copy has to serve. */
  double share() {
    return request.demand() / Math.max(1, wanted());
  }

  boolean everywhere() {
    return request.copies() == PlacementRequest.ALL;
  }

  /** Copies that share the value of a label with the endpoint, but for its own. */
  int beside(PlannedSite site, String label) {
    String value = site.label(label);
    return value.isEmpty()
        ? 0
        : (int) sites.stream().filter(at -> at != site && at.label(label).equals(value)).count();
  }
}
