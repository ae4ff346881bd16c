package dev.loragateway.sim;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The latest changes of the adapter slots, in memory and in a file of JSON lines. Thread-safe. */
final class SimTrace implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final RecentLog<SimTraceEvent> events =
      new RecentLog<>(100_000, Long.MAX_VALUE, event -> 0);
  private final @Nullable BufferedWriter file;

  SimTrace(@Nullable Path path) {
    try {
      file =
          path == null
              ? null
              : Files.newBufferedWriter(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the trace file " + path, e);
    }
  }

  void add(SimTraceEvent event) {
    events.add(event);
    if (file != null) {
      try {
        append(file, JSON.writeValueAsString(event));
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("a trace event is always JSON", e);
      }
    }
  }

  List<SimTraceEvent> list() {
    return events.list(Function.identity());
  }

  @Override
  public synchronized void close() {
    if (file != null) {
      try {
        file.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private synchronized void append(BufferedWriter writer, String line) {
    try {
      writer.write(line);
      writer.newLine();
      writer.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
