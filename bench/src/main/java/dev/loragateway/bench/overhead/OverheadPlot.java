package dev.loragateway.bench.overhead;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;

/** Draws what a request costs in each proxy. Stateless. */
final class OverheadPlot {
  private static final int WIDTH = 1400;
  private static final int HEIGHT = 600;

  private OverheadPlot() {}

  static void write(List<CaseResult> results, Path directory) throws IOException {
    System.setProperty("java.awt.headless", "true");
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("Processor time of the proxy for a request (streams: for an event)")
            .yAxisTitle("microseconds, logarithmic")
            .build();
    chart
        .getStyler()
        .setYAxisLogarithmic(true)
        .setYAxisMin(1.0)
        .setLegendPosition(LegendPosition.OutsideE);
    List<String> cases = results.stream().map(CaseResult::name).toList();
    List<String> proxies =
        results.stream().flatMap(r -> r.proxies().keySet().stream()).distinct().toList();
    for (String proxy : proxies) {
      List<Double> values = new ArrayList<>();
      for (CaseResult result : results) {
        double median = result.median(proxy, Figure.CPU_MICROS);
        values.add(Double.isNaN(median) ? null : median);
      }
      chart.addSeries(proxy, cases, values);
    }
    Path file = directory.resolve("overhead.png");
    ImageIO.write(BitmapEncoder.getBufferedImage(chart), "png", file.toFile());
  }
}
