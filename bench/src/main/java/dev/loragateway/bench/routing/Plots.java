package dev.loragateway.bench.routing;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.internal.chartpart.IChart;
import org.knowm.xchart.style.Styler.LegendPosition;

/** Draws a comparison's figures. Stateless. */
final class Plots {
  private static final int WIDTH = 1400;
  private static final int HEIGHT = 600;

  private Plots() {}

  /** One plot of the highest rates for each fleet. */
  static void write(Comparison comparison, Path out) throws IOException {
    System.setProperty("java.awt.headless", "true");
    Options options = comparison.options();
    List<String> names = options.workloads().stream().map(Workload::name).toList();
    for (Fleet fleet : options.fleets()) {
      CategoryChart chart =
          new CategoryChartBuilder()
              .width(WIDTH)
              .height(HEIGHT)
              .title("Highest rate with p99 of time to first token <= 500 ms, " + fleet.label())
              .yAxisTitle("requests/s")
              .build();
      chart.getStyler().setXAxisLabelRotation(45).setLegendPosition(LegendPosition.OutsideE);
      boolean any = false;
      for (Policy policy : options.policies()) {
        List<Double> rates = new ArrayList<>();
        for (Workload workload : options.workloads()) {
          Key key = new Key(fleet, workload, policy, options.gateways());
          any |= comparison.has(key);
          rates.add(comparison.rate(key, 0));
        }
        chart.addSeries(policy.label(), names, rates);
      }
      if (any) {
        save(chart, out.resolve("rates-" + fleet.label() + ".png"));
      }
    }
  }

  /** Ratios over factors, one line for each thing that was varied. */
  static void lines(String title, List<Double> factors, Map<String, List<Double>> lines, Path file)
      throws IOException {
    System.setProperty("java.awt.headless", "true");
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle("factor, as a power of two")
            .yAxisTitle("lora-aware's rate / the other's")
            .build();
    chart.getStyler().setXAxisDecimalPattern("0").setLegendPosition(LegendPosition.OutsideE);
    List<Double> powers = factors.stream().map(f -> Math.log(f) / Math.log(2)).toList();
    lines.forEach((name, values) -> chart.addSeries(name, powers, values));
    save(chart, file);
  }

  private static void save(IChart chart, Path file) throws IOException {
    ImageIO.write(BitmapEncoder.getBufferedImage(chart), "png", file.toFile());
  }
}
