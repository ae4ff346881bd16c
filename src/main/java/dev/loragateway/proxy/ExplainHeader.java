package dev.loragateway.proxy;

import dev.loragateway.routing.Cost;
import dev.loragateway.routing.Explanation;
import dev.loragateway.routing.Explanation.Considered;
import dev.loragateway.routing.Explanation.Verdict;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An explanation as a response header: JSON in one line, of which nothing needs escaping. Bounded:
 * the best endpoints come first, and those beyond {@value #MOST} are only counted. Stateless.
 */
final class ExplainHeader {
  static final int MOST = 16;

  private static final Comparator<Considered> BEST_FIRST =
      Comparator.<Considered, Boolean>comparing(one -> one.verdict() != Verdict.CHOSEN)
          .thenComparing(one -> Double.isNaN(one.load()))
          .thenComparingDouble(one -> cost(one.cost()));

  private ExplainHeader() {}

  private static double cost(@Nullable Cost cost) {
    return cost == null ? Double.POSITIVE_INFINITY : cost.total();
  }

  /** Renders it; at most about 2 KiB. */
  static String of(Explanation explanation) {
    StringBuilder json = new StringBuilder("{");
    member(json, "outcome", lower(explanation.outcome()));
    member(json, "endpoint", explanation.chosen());
    member(json, "tier", explanation.tier() == null ? null : explanation.tier().label());
    json.append("\"endpoints\":[");
    List<Considered> best = explanation.endpoints().stream().sorted(BEST_FIRST).toList();
    for (int i = 0; i < Math.min(MOST, best.size()); i++) {
      endpoint(json.append(i == 0 ? "" : ","), best.get(i));
    }
    return json.append("],\"more\":")
        .append(Math.max(0, best.size() - MOST))
        .append('}')
        .toString();
  }

  private static void endpoint(StringBuilder json, Considered one) {
    json.append('{');
    member(json, "address", one.state().endpoint().address());
    member(json, "verdict", lower(one.verdict()));
    member(json, "residency", one.residency() == null ? null : lower(one.residency()));
    json.append("\"load\":").append(number(one.load()));
    json.append(",\"costMs\":")
        .append(number(one.cost() == null ? Double.NaN : one.cost().total()));
    json.append('}');
  }

  private static void member(StringBuilder json, String name, @Nullable String value) {
    json.append('"').append(name).append("\":");
    if (value == null) {
      json.append("null,");
    } else {
      json.append('"').append(value).append("\",");
    }
  }

  private static String number(double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%.2f", value) : "null";
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
