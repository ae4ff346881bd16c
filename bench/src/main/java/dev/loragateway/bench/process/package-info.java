/** Programs that benchmarks start beside themselves. Start here: {@code ProcessTree}. */
@NullMarked
package dev.loragateway.bench.process;

import org.jspecify.annotations.NullMarked;
