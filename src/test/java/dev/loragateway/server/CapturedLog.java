package dev.loragateway.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** What a logger and those below it are told from a level on, until this is closed. Thread-safe. */
final class CapturedLog extends AppenderBase<ILoggingEvent> implements AutoCloseable {
  private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();
  private final Logger logger;
  private final @Nullable Level before;

  private CapturedLog(Logger logger, Level from) {
    this.logger = logger;
    before = logger.getLevel();
    setContext(logger.getLoggerContext());
    start();
    logger.addAppender(this);
    logger.setLevel(from);
  }

  static CapturedLog of(Class<?> source, Level from) {
    return new CapturedLog((Logger) LoggerFactory.getLogger(source), from);
  }

  List<ILoggingEvent> events() {
    return List.copyOf(events);
  }

  @Override
  protected void append(ILoggingEvent event) {
    events.add(event);
  }

  @Override
  public void close() {
    logger.setLevel(before);
    logger.detachAppender(this);
    stop();
  }
}
