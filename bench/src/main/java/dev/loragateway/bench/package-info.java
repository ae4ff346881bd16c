/** What the benchmarks share. */
@NullMarked
package dev.loragateway.bench;

import org.jspecify.annotations.NullMarked;
