package dev.loragateway.bench.scraping;

import java.util.List;

/**
 * One measurement. Immutable.
 *
 * @param command that made it
 * @param machine on which
 * @param endpoints that are scraped
 * @param interval between two scrapes of a busy one
 * @param seconds of a round
 * @param busy a cost for each round in which requests run at all endpoints
 * @param idle the same while none do
 * @param rssMib resident memory in the end
 */
record ScrapingResult(
    String command,
    String machine,
    int endpoints,
    String interval,
    int seconds,
    List<Cost> busy,
    List<Cost> idle,
    double rssMib) {
  ScrapingResult {
    busy = List.copyOf(busy);
    idle = List.copyOf(idle);
  }
}
