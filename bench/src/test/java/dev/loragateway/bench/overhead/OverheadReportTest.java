package dev.loragateway.bench.overhead;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OverheadReportTest {
  private static final Settings SETTINGS = new Settings(3, 1, 0, 1, 1);

  @Test
  void median_oddAndEvenRounds_middle() {
    assertThat(result("sse", 30, 10, 20).median("nginx", Figure.CPU_MICROS)).isEqualTo(20);
    assertThat(result("sse", 30, 10).median("nginx", Figure.CPU_MICROS)).isEqualTo(20);
    assertThat(result("sse", 30, 10).median("nginx", Figure.RSS_MIB)).isNaN();
  }

  @Test
  void with_oneCaseMeasuredAgain_othersStay(@TempDir Path directory) throws IOException {
    new OverheadReport(List.of(result("chat-1k", 1), result("sse", 2))).write(directory);

    OverheadReport report = OverheadReport.with(directory, List.of(result("sse", 3)));

    assertThat(report.results()).extracting(CaseResult::name).containsExactly("chat-1k", "sse");
    assertThat(report.results().get(0).median("nginx", Figure.CPU_MICROS)).isEqualTo(1);
    assertThat(report.results().get(1).median("nginx", Figure.CPU_MICROS)).isEqualTo(3);
    assertThat(directory.resolve("overhead.png")).exists();
  }

  @Test
  void text_gatewayAndOther_ratioOfCpuTimes() {
    CaseResult nginx = result("sse", 10);
    CaseResult both =
        new CaseResult(
            "sse",
            "",
            "",
            nginx.machine(),
            SETTINGS,
            Map.of("nginx", "1", OwnGateway.NAME, "2"),
            Map.of(),
            List.of(
                nginx.turns().getFirst(),
                new Turn(OwnGateway.NAME, 0, Map.of(Figure.CPU_MICROS, 15.0))));

    assertThat(new OverheadReport(List.of(both)).text()).contains("| nginx     | 1.50 |");
  }

  private static CaseResult result(String name, double... cpuMicros) {
    List<Turn> turns = new java.util.ArrayList<>();
    for (double micros : cpuMicros) {
      turns.add(new Turn("nginx", turns.size(), Map.of(Figure.CPU_MICROS, micros)));
    }
    Machine machine = new Machine("any", 2, "any", "25", "pinned");
    return new CaseResult(name, "", "", machine, SETTINGS, Map.of("nginx", "1"), Map.of(), turns);
  }
}
