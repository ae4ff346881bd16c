package dev.loragateway.bench.footprint;

import dev.loragateway.bench.Results;
import dev.loragateway.bench.Table;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;

/** Writes down start and memory: as JSON, as Markdown and as a plot. Immutable. */
record FootprintReport(FootprintResult result) {
  private static final int WIDTH = 1000;
  private static final int HEIGHT = 400;
  private static final double MIB = 1 << 20;

  void write(Path directory) throws IOException {
    Results.write(directory, "footprint.json", result, text());
    plot(directory.resolve("rss.png"));
  }

  String text() {
    FootprintResult r = result;
    Sample last = r.samples().getLast();
    Slope slope = r.slope();
    List<List<String>> rows =
        List.of(
            List.of("", "bar", "measured"),
            List.of("start until ready, ms", "1000", Long.toString(r.startMedian())),
            List.of("RSS idle, MiB", "150", mib(r.idle().rss())),
            List.of("of it no file's", "", mib(r.idle().anonymous())),
            List.of("RSS under load: most, MiB", "300", mib(r.mostRss())),
            List.of("RSS under load: last", "", mib(last.rss())),
            List.of("of it no file's", "", mib(last.anonymous())),
            List.of("growth, bytes a minute", "flat", number("%.0f", slope.perMinute())),
            List.of("its standard error", "", number("%.0f", slope.error())),
            List.of("requests answered", "", Long.toString(r.answered())),
            List.of("requests failed", "0", Long.toString(r.failed())));
    return """
    # Start and memory

    %s
    Start: from exec of `gateway/run serve` until /readyz answers 200, median of %s. Idle: after 30 s of scraping four servers. Load:
    %d requests/s of 1 KB at constant intervals for %.0f s, each fifth answered by a stream of 64 events, after which growth is that of
    the second half, by least squares.

    `%s`, %s, gateway %s%s. %s.
    """
        .formatted(
            Table.of(rows),
            r.startMillis(),
            r.rate(),
            last.second(),
            r.command(),
            r.date(),
            r.gateway(),
            r.javaOptions().isEmpty() ? "" : ", JAVA_OPTS " + r.javaOptions(),
            r.machine().text());
  }

  private void plot(Path file) throws IOException {
    System.setProperty("java.awt.headless", "true");
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("Resident memory at " + result.rate() + " requests/s")
            .xAxisTitle("minutes")
            .yAxisTitle("MiB")
            .build();
    chart.getStyler().setYAxisMin(0.0);
    List<Double> minutes = result.samples().stream().map(s -> s.second() / 60).toList();
    chart.addSeries("all", minutes, result.samples().stream().map(s -> s.rss() / MIB).toList());
    chart.addSeries(
        "no file's", minutes, result.samples().stream().map(s -> s.anonymous() / MIB).toList());
    ImageIO.write(BitmapEncoder.getBufferedImage(chart), "png", file.toFile());
  }

  private static String mib(long bytes) {
    return number("%.0f", bytes / MIB);
  }

  private static String number(String pattern, double value) {
    return String.format(Locale.ROOT, pattern, value);
  }
}
