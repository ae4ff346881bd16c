package dev.loragateway.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** What a logger and those below it are told from a level on, until this is closed. Thread-safe. */
final class CapturedLog extends AppenderBase<ILoggingEvent> implements AutoCloseable {
  private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();
  private final Logger logger;
  private final @Nullable Level before;
  private final List<Appender<ILoggingEvent>> replaced = new ArrayList<>();

  private CapturedLog(Logger logger, Level from) {
    this.logger = logger;
    before = logger.getLevel();
    logger.iteratorForAppenders().forEachRemaining(replaced::add);
    replaced.forEach(logger::detachAppender);
    setContext(logger.getLoggerContext());
    start();
    logger.addAppender(this);
    logger.setLevel(from);
  }

  /** Everything that anybody tells; nothing of it is printed meanwhile. */
  static CapturedLog ofAll() {
    return new CapturedLog((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME), Level.TRACE);
  }

  static CapturedLog of(Class<?> source, Level from) {
    return of(source.getName(), from);
  }

  /** Of a package, too. */
  static CapturedLog of(String source, Level from) {
    return new CapturedLog((Logger) LoggerFactory.getLogger(source), from);
  }

  List<ILoggingEvent> events() {
    return List.copyOf(events);
  }

  /** All of it as text, exceptions with their stacks and causes. */
  String text() {
    StringBuilder text = new StringBuilder();
    for (ILoggingEvent event : events) {
      text.append(event.getFormattedMessage()).append('\n');
      if (event.getThrowableProxy() != null) {
        text.append(ThrowableProxyUtil.asString(event.getThrowableProxy())).append('\n');
      }
    }
    return text.toString();
  }

  @Override
  protected void append(ILoggingEvent event) {
    events.add(event);
  }

  @Override
  public void close() {
    logger.setLevel(before);
    logger.detachAppender(this);
    replaced.forEach(logger::addAppender);
    stop();
  }
}
