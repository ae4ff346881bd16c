package dev.loragateway.scrape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class ConditionTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger(Condition.class);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Condition condition = new Condition("http://h:1/metrics");

  @BeforeEach
  void listen() {
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void leave() {
    logger.detachAppender(log);
  }

  @Test
  void failure_repeated_warnedOnce() {
    condition.failed("status 500");
    condition.failed("status 502");
    assertThat(log.list)
        .extracting(ILoggingEvent::getLevel, ILoggingEvent::getFormattedMessage)
        .containsExactly(tuple(Level.WARN, "http://h:1/metrics fails: status 500"));
  }

  @Test
  void success_afterFailure_toldOnce() {
    condition.succeeded();
    condition.failed("status 500");
    condition.succeeded();
    condition.succeeded();
    condition.failed("status 500");
    assertThat(log.list)
        .extracting(ILoggingEvent::getLevel)
        .containsExactly(Level.WARN, Level.INFO, Level.WARN);
  }
}
