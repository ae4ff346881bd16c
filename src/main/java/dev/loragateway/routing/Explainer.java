package dev.loragateway.routing;

import dev.loragateway.model.Residency;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RoutingPolicy;
import dev.loragateway.routing.Explanation.Considered;
import dev.loragateway.routing.Explanation.Outcome;
import dev.loragateway.routing.Explanation.Verdict;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Puts into words what a {@link Choice} does: lets it choose, then looks at each endpoint as it
 * did. Confined to one explanation.
 */
final class Explainer {
  private final Candidate at;
  private final Choice choice;
  private final PoolSnapshot pool;
  private final boolean hasCosts;
  private final boolean mayWait;

  Explainer(Candidate at, Choice choice, PoolSnapshot pool) {
    this.at = at;
    this.choice = choice;
    this.pool = pool;
    this.hasCosts = at.settings().policy() == RoutingPolicy.LORA_AWARE;
    this.mayWait = choice.startsNow();
  }

  Explanation explain() {
    int best = choice.find();
    boolean ejectedToo = best == Choice.NONE && at.admitEjected();
    if (ejectedToo) {
      best = choice.find();
    }
    EndpointState chosen = best < 0 ? null : pool.endpoints().get(best);
    Tier tier = null;
    List<Considered> all = new ArrayList<>();
    Set<Integer> homes = homes();
    Cost least = best < 0 ? null : cost(best, homes.contains(best));
    for (int i = 0; i < pool.endpoints().size(); i++) {
      all.add(consider(i, homes.contains(i), i == best, chosen, least));
      tier = i == best ? tier() : tier;
    }
    return new Explanation(
        outcome(best), chosen == null ? null : chosen.endpoint().address(), tier, all);
  }

  private Outcome outcome(int best) {
    return switch (best) {
      case Choice.SATURATED -> Outcome.SATURATED;
      case Choice.NO_ROOM -> Outcome.NO_ROOM;
      case Choice.NONE -> at.comes() ? Outcome.NOT_LOADED : Outcome.NONE_READY;
      default -> Outcome.DISPATCH;
    };
  }

  private Set<Integer> homes() {
    Set<Integer> homes = new HashSet<>();
    for (int n = 0; n < at.homes(); n++) {
      homes.add(at.nearestHome(n));
    }
    return homes;
  }

  private Considered consider(
      int position,
      boolean home,
      boolean isChosen,
      @Nullable EndpointState chosen,
      @Nullable Cost least) {
    EndpointState state = pool.endpoints().get(position);
    if (!at.moveTo(position, home)) {
      Verdict verdict = at.serves(position) ? barred(state) : Verdict.NOT_REGISTERED;
      return new Considered(state, null, home, Double.NaN, null, verdict);
    }
    Cost cost = hasCosts ? cost(position, home) : null;
    Verdict verdict = isChosen ? Verdict.CHOSEN : verdict(state, chosen, cost, least);
    Residency level = at.cell() == null ? null : at.level();
    return new Considered(state, level, home, at.load(), cost, verdict);
  }

  private static Verdict barred(EndpointState state) {
    return switch (state.health()) {
      case DOWN -> Verdict.DOWN;
      case EJECTED -> Verdict.EJECTED;
      case ASLEEP -> Verdict.ASLEEP;
      case UNKNOWN -> Verdict.NOT_ASKED;
      case UP -> Verdict.EXCLUDED;
    };
  }

  private Verdict verdict(
      EndpointState state,
      @Nullable EndpointState chosen,
      @Nullable Cost cost,
      @Nullable Cost least) {
    if (at.saturated()) {
      return Verdict.SATURATED;
    }
    if (mayWait && !at.hasRoom()) {
      return Verdict.NO_ROOM;
    }
    if (chosen != null && chosen.local() && !state.local()) {
      return Verdict.REMOTE;
    }
    boolean equal = cost != null && least != null && cost.total() == least.total();
    return equal ? Verdict.TIE : Verdict.WORSE;
  }

  private @Nullable Cost cost(int position, boolean home) {
    if (!hasCosts || !at.moveTo(position, home)) {
      return null;
    }
    Cost cost = CostModel.parts(at);
    return choice.keeps(at.state()) ? cost.kept(CostModel.place(at.times())) : cost;
  }

  private Tier tier() {
    return at.cell() == null ? Tier.BASE : Tier.of(at.level(), at.resident());
  }
}
