package dev.loragateway.bench.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WaitingLineTest {
  private final WaitingLine line = new WaitingLine(3);

  @SuppressWarnings("NullAway")
  private Request add(int adapter) {
    Request request = new Request(adapter, 1, 1, 0, null);
    line.add(request);
    return request;
  }

  @Test
  void first_ofAnAdapter_isItsOwnEarliest() {
    Request a = add(0);
    Request b = add(1);
    Request c = add(1);
    Request base = add(Adapters.NONE);
    assertThat(line.first()).isSameAs(a);
    assertThat(line.first(1)).isSameAs(b);
    line.remove(b);
    assertThat(line.first(1)).isSameAs(c);
    assertThat(line.first(Adapters.NONE)).isSameAs(base);
    assertThat(line.first(2)).isNull();
  }

  @Test
  void drain_afterRemovalsInTheMiddle_passesOnTheRestInOrder() {
    Request a = add(0);
    Request b = add(1);
    Request c = add(0);
    line.remove(b);
    List<Request> rest = new ArrayList<>();
    line.drain(rest::add);
    assertThat(rest).containsExactly(a, c);
    assertThat(line.size()).isZero();
  }

  @Test
  void upTo_countsThoseThatCameNoLater() {
    add(0);
    Request b = add(1);
    add(2);
    assertThat(line.upTo(b.place)).isEqualTo(2);
  }
}
