package dev.loragateway.proxy;

import dev.loragateway.openai.ModelRewrite;

/**
 * A model that upstream goes by another name than with the client. Immutable.
 *
 * @param upstream the name that the servers know
 * @param client the name that the client sent
 * @param secret whether nobody but the servers may see their name
 */
record RenamedModel(String upstream, String client, boolean secret) {
  /** Of one answer. */
  ModelRewrite rewrite() {
    return secret ? ModelRewrite.everywhere(upstream, client) : new ModelRewrite(upstream, client);
  }
}
