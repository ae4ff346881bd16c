package dev.loragateway.bench.routing;

import dev.loragateway.registry.RoutingSettings;
import java.lang.management.ManagementFactory;

public final class RoutingCommand {
  public static void main(String[] args) {
    for (int pass = 0; pass < 2; pass++)
    for (Fleet fleet : Fleet.STANDARD) {
      for (Policy policy : Policy.values()) {
        RunSpec spec = new RunSpec(policy, Workload.of(args[0]), fleet, ServerModel.DEFAULTS,
            Overrides.apply(RoutingSettings.DEFAULTS, java.util.Map.of("maxNumSeqs", "16", "maxWaiting", "100000000", "maxKvCache", "1")), 1, fleet.endpoints() == 4 ? 28 : 180, fleet.endpoints() == 4 ? 1000 : 200, 10, 1);
        long t0 = ManagementFactory.getThreadMXBean().getThreadCpuTime(Thread.currentThread().threadId());
        RunResult r = Simulation.run(spec, false);
        double cpu = (ManagementFactory.getThreadMXBean().getThreadCpuTime(Thread.currentThread().threadId()) - t0) / 1e9;
        System.out.printf("%s %-14s p99 %.0f requests %d cpu %.2f s %.0f req/s %.0f ev/s%n", fleet.label(), policy.label(), r.p99(), r.requests(), cpu, r.requests() / cpu, r.events() / cpu);
      }
    }
  }
}
