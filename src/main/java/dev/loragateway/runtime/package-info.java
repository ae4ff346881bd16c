/**
 * The sidecar beside a model server, which brings adapters to where the server can read them and
 * has it load them. Start here: {@link dev.loragateway.runtime.AdapterLoads}.
 */
@NullMarked
package dev.loragateway.runtime;

import org.jspecify.annotations.NullMarked;
