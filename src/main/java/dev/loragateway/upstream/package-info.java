/** Connections to the model servers. Start here: {@code UpstreamPool}. */
@NullMarked
package dev.loragateway.upstream;

import org.jspecify.annotations.NullMarked;
