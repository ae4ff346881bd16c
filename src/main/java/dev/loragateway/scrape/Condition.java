package dev.loragateway.scrape;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs when a path of an endpoint begins to fail and when it works again, not each time. Guarded by
 * its user.
 */
final class Condition {
  private static final Logger log = LoggerFactory.getLogger(Condition.class);

  private final String url;
  private boolean failing;

  Condition(String url) {
    this.url = url;
  }

  void failed(String reason) {
    if (!failing) {
      failing = true;
      log.warn("{} fails: {}", url, reason);
    }
  }

  void succeeded() {
    if (failing) {
      failing = false;
      log.info("{} works again", url);
    }
  }
}
