/** Microbenchmarks of the data plane. Start here: {@code PickBenchmark}. */
package dev.loragateway.bench.jmh;
