package dev.loragateway.bench.chaos;

import dev.loragateway.sim.SimFault;
import dev.loragateway.sim.SimulatedServer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Makes servers misbehave, one fault after another, each for a while; by its seed always in the
 * same order. Confined to one thread.
 */
final class ChaosMonkey {
  /** Servers that are left alone at each moment at least, so that there is somebody to go to. */
  private static final int SPARED = 2;

  private record Ill(SimulatedServer server, long until) {}

  private final List<SimulatedServer> servers;
  private final int adapters;
  private final SplittableRandom random;
  private final List<Ill> ill = new ArrayList<>();
  private final Map<SimFault, Integer> done = new EnumMap<>(SimFault.class);
  private int lost;

  ChaosMonkey(List<SimulatedServer> servers, int adapters, long seed) {
    this.servers = servers;
    this.adapters = adapters;
    this.random = new SplittableRandom(seed);
  }

  /** How often each fault was made. */
  Map<SimFault, Integer> done() {
    return done;
  }

  /** How many adapters servers lost. */
  int lost() {
    return lost;
  }

  /** Heals those whose time is over, and now and then makes another one ill. */
  void turn(long now) {
    for (Ill one : List.copyOf(ill)) {
      if (now - one.until() >= 0) {
        one.server().faults().clear();
        ill.remove(one);
      }
    }
    if (ill.size() < servers.size() - SPARED && random.nextInt(3) == 0) {
      strike(now);
    }
  }

  private void strike(long now) {
    List<SimulatedServer> well =
        servers.stream().filter(s -> ill.stream().noneMatch(i -> i.server().equals(s))).toList();
    SimulatedServer server = well.get(random.nextInt(well.size()));
    if (random.nextInt(20) == 0) {
      server.faults().loseAdapter("lora-" + random.nextInt(adapters));
      lost++;
      return;
    }
    SimFault[] kinds = SimFault.values();
    SimFault fault = kinds[random.nextInt(kinds.length)];
    server.faults().on(fault, value(fault));
    done.merge(fault, 1, Integer::sum);
    ill.add(new Ill(server, now + 200_000_000L + random.nextLong(2_800_000_000L)));
  }

  private int value(SimFault fault) {
    return switch (fault) {
      case RESET_MID_STREAM, TRUNCATE_CHUNKED -> random.nextInt(8);
      case SLOW -> 100 + random.nextInt(900);
      case SLOW_ENGINE -> 2 + random.nextInt(8);
      case HUGE_METRICS -> 1 << 20;
      case SLOW_METRICS -> 500 + random.nextInt(2000);
      default -> 0;
    };
  }

  /** All are well again. */
  void end() {
    servers.forEach(server -> server.faults().clear());
    ill.clear();
  }
}
