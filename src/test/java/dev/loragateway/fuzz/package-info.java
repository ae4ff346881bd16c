/** Many bad inputs for parsers. Start here: {@link dev.loragateway.fuzz.Fuzzer}. */
@NullMarked
package dev.loragateway.fuzz;

import org.jspecify.annotations.NullMarked;
