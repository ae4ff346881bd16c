package dev.loragateway.kubernetes;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Decides which of several objects has a name that they all want: the oldest. Stateless. */
final class NameClaims {
  static final String NAME_TAKEN = "NameTaken";

  private NameClaims() {}

  /** The objects, oldest first, with a fault where another one without a fault has the name. */
  static List<AdapterObject> settle(Collection<AdapterObject> objects) {
    List<AdapterObject> byAge = new ArrayList<>(objects);
    byAge.sort(AdapterObject.BY_AGE);
    Map<String, AdapterObject> holders = new HashMap<>();
    List<AdapterObject> settled = new ArrayList<>();
    for (AdapterObject object : byAge) {
      AdapterObject holder =
          object.declared() == null ? null : holders.putIfAbsent(object.model(), object);
      settled.add(holder == null ? object : object.read(taken(object.model(), holder.origin())));
    }
    return settled;
  }

  /** What an object says whose name another origin has. */
  static Reading.Faulty taken(String model, String origin) {
    return new Reading.Faulty(NAME_TAKEN, "%s is declared by %s".formatted(model, origin));
  }
}
