/** Puts the parts together and runs them. Start here: {@code Gateway}. */
@NullMarked
package dev.loragateway.server;

import org.jspecify.annotations.NullMarked;
