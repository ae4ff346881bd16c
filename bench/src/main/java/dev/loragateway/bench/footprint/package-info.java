/** How fast the gateway starts, and what memory it holds. Start here: {@code FootprintCommand}. */
@NullMarked
package dev.loragateway.bench.footprint;

import org.jspecify.annotations.NullMarked;
