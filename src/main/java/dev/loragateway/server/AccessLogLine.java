package dev.loragateway.server;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.loragateway.proxy.ExchangeReport;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A line of the access log: JSON, without what is not known. Stateless. */
final class AccessLogLine {
  private static final JsonFactory JSON = new JsonFactory();

  /** Of a name that a client chose, in characters. */
  private static final int LONGEST = 256;

  private AccessLogLine() {}

  /** Renders it; {@code unixMillis} is when the request ended. */
  static String of(ExchangeReport report, long unixMillis) {
    StringWriter line = new StringWriter(512);
    try (JsonGenerator json = JSON.createGenerator(line)) {
      ExchangeReport.Asked asked = report.asked();
      json.writeStartObject();
      json.writeStringField("time", Instant.ofEpochMilli(unixMillis).toString());
      text(json, "requestId", asked.id());
      text(json, "method", asked.method());
      text(json, "path", asked.path());
      text(json, "model", asked.model().isEmpty() ? null : asked.model());
      text(json, "adapter", report.model());
      text(json, "pool", report.pool());
      text(json, "endpoint", report.endpoint());
      text(json, "tier", report.tier() == null ? null : report.tier().label());
      text(json, "caller", asked.caller());
      json.writeNumberField("status", report.status());
      text(json, "error", report.error() == null ? null : report.error().reason());
      json.writeNumberField("attempts", report.attempts());
      json.writeBooleanField("streamed", report.streamed());
      millis(json, "durationMs", report.duration());
      millis(json, "firstByteMs", report.firstByte());
      millis(json, "queueMs", report.queued());
      millis(json, "overheadMs", report.overhead());
      tokens(json, "inputTokens", report.inputTokens());
      tokens(json, "outputTokens", report.outputTokens());
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return line.toString();
  }

  private static void text(JsonGenerator json, String name, @Nullable String value)
      throws IOException {
    if (value != null) {
      json.writeStringField(
          name, value.length() <= LONGEST ? value : value.substring(0, LONGEST) + "…");
    }
  }

  private static void millis(JsonGenerator json, String name, long nanos) throws IOException {
    if (nanos >= 0) {
      json.writeNumberField(name, Math.round(nanos / 1e3) / 1e3);
    }
  }

  private static void tokens(JsonGenerator json, String name, long count) throws IOException {
    if (count >= 0) {
      json.writeNumberField(name, count);
    }
  }
}
