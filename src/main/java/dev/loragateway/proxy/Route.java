package dev.loragateway.proxy;

import dev.loragateway.openai.ApiShape;

/**
 * What to do with a request, by its method and path. Immutable.
 *
 * @param kind how it is answered
 * @param path the path in its one spelling, as sent upstream
 * @param id the identifier at the end of the path, or empty
 * @param shape of the errors that the client expects
 * @param usesAdapter whether the server's engine runs the adapter for it
 */
record Route(Kind kind, String path, String id, ApiShape shape, boolean usesAdapter) {
  enum Kind {
    /** Routed by {@code model} in a JSON body. */
    JSON,
    /** Routed by {@code model} in a form. */
    MULTIPART,
    /** Routed to the endpoint that made the response {@link Route#id}. */
    RESPONSE,
    /** The gateway's own list of models. */
    MODELS,
    /** One entry of that list. */
    MODEL,
    /** The gateway's own health. */
    HEALTH
  }

  /** Returns whether anybody may ask: balancers have no key. */
  boolean open() {
    return kind == Kind.HEALTH;
  }

  /** Returns whether the request goes to a model server. */
  boolean forwarded() {
    return kind == Kind.JSON || kind == Kind.MULTIPART || kind == Kind.RESPONSE;
  }
}
