package dev.loragateway.proxy;

import dev.loragateway.openai.RequestFacts;
import dev.loragateway.registry.AdapterRow;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RegistrySnapshot;
import dev.loragateway.registry.Variant;
import dev.loragateway.routing.PickRequest;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a request is to go, by one snapshot: to a pool, by a model's name or because an endpoint of
 * it made the stored response that the request is about. Immutable.
 *
 * @param pool as it stood in the snapshot
 * @param model base model or adapter as the servers know it, aliases resolved
 * @param adapter the same as users know it, without a revision
 * @param maker address of the only endpoint that can serve the request, or null when any may
 */
record Destination(PoolSnapshot pool, String model, String adapter, @Nullable String maker) {

  /**
   * The pool of the model that the request names; null when no pool has it.
   *
   * @param dice decides between the models that the name stands for
   */
  static @Nullable Destination ofModel(
      RequestFacts facts,
      long dice,
      RegistrySnapshot snapshot,
      ResponseHomes responses,
      String tenant) {
    PoolSnapshot pool = snapshot.pool(facts.model());
    if (pool == null) {
      return null;
    }
    String previous = facts.previousResponseId();
    String maker = previous == null ? null : responses.endpoint(tenant, previous);
    Variant variant = pool.variant(facts.model(), dice);
    return new Destination(
        pool, variant.model(), variant.adapter(), maker != null && has(pool, maker) ? maker : null);
  }

  /** The pool of the endpoint that made the response; null when it is not known any more. */
  static @Nullable Destination ofResponse(
      String id, RegistrySnapshot snapshot, ResponseHomes responses, String tenant) {
    String maker = responses.endpoint(tenant, id);
    if (maker == null) {
      return null;
    }
    for (PoolSnapshot pool : snapshot.pools()) {
      if (has(pool, maker)) {
        String base = pool.settings().baseModel();
        return new Destination(pool, base, base, maker);
      }
    }
    return null;
  }

  private static boolean has(PoolSnapshot pool, String address) {
    for (EndpointState state : pool.endpoints()) {
      if (state.endpoint().address().equals(address)) {
        return true;
      }
    }
    return false;
  }

  /** How the model is called upstream and by the client; null when both call it the same. */
  @Nullable RenamedModel renamed(String asked) {
    return model.equals(asked) ? null : new RenamedModel(model, asked, !adapter.equals(model));
  }

  /**
   * Returns whether no server lists the name, so that it may or may not be one that a server can
   * load.
   */
  boolean leftToResolver() {
    return pool.settings().resolver()
        && pool.adapter(model) == null
        && !pool.baseNames().contains(model);
  }

  /** Returns whether the control plane loads the model where nobody has it. */
  boolean expected() {
    AdapterRow row = pool.adapter(model);
    return row != null && row.expected();
  }

  /**
   * Returns whether a server that looks for the model as a file might look elsewhere than its name
   * says, which would make an allow-list of names worthless.
   */
  boolean escapes() {
    for (String segment : model.split("/", -1)) {
      if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
        return true;
      }
    }
    return false;
  }

  /**
   * What the pick is to know, with the addresses that were tried already.
   *
   * @param again whether the request was sent somewhere before
   */
  PickRequest pickRequest(ClientRequest request, Set<String> tried, boolean again) {
    RequestFacts facts = request.facts();
    if (facts == null) {
      return new PickRequest(model, false, null, maker, 0, tried, again);
    }
    String session = HeaderRules.session(request.head().headers());
    return new PickRequest(
        model,
        request.route().usesAdapter(),
        session != null ? session : facts.user(),
        maker,
        facts.promptHash(),
        tried,
        again);
  }
}
