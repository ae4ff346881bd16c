/** Clients that are idle, slow or do not read, and what others feel of it. */
@NullMarked
package dev.loragateway.bench.siege;

import org.jspecify.annotations.NullMarked;
