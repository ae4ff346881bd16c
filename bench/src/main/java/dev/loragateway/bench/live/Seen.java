package dev.loragateway.bench.live;

import dev.loragateway.sim.SimRequest;
import dev.loragateway.sim.SimulatedServer;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the servers saw of the measured requests, which is the truth about hits. Immutable.
 *
 * @param requests received
 * @param hits whose adapter was in a GPU slot when they were first scheduled
 * @param onDisk whose adapter was on disk only by then; one load may serve several of them
 * @param aborted left by the gateway before the answer was complete
 * @param swaps loads of an adapter into a GPU slot
 */
record Seen(int requests, int hits, int onDisk, int aborted, int swaps) {
  /**
   * Reads the servers' own records.
   *
   * @param since unix seconds of the first measured request
   */
  static Seen by(List<SimulatedServer> servers, double since) {
    List<SimRequest> all =
        servers.stream()
            .flatMap(server -> server.requests().stream())
            .filter(request -> request.body().contains(Client.mark(true)))
            .toList();
    long swaps =
        servers.stream()
            .flatMap(server -> server.trace().stream())
            .filter(event -> event.event().equals("activate") && event.t() >= since)
            .count();
    return new Seen(
        all.size(),
        count(all.stream().filter(SimRequest::resident)),
        count(all.stream().filter(request -> request.level() == SimRequest.Level.DISK)),
        count(all.stream().filter(SimRequest::aborted)),
        (int) swaps);
  }

  private static int count(Stream<SimRequest> requests) {
    return (int) requests.count();
  }
}
