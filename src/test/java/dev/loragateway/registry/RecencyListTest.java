package dev.loragateway.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.registry.RecencyList.Position;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecencyListTest {
  private final RecencyList list = new RecencyList();

  private void touch(String... names) {
    for (String name : names) {
      list.touch(name, list.size());
    }
  }

  @Test
  void touch_knownName_makesItTheNewest() {
    touch("a", "b", "c", "a");

    assertThat(list.names()).containsExactly("b", "c", "a");
    assertThat(list.newest(2)).containsExactly("c", "a");
    assertThat(list.touchedAt("a")).isEqualTo(3);
  }

  @Test
  void newer_nameWithinTheLimit_isItsDistanceFromTheNewest() {
    touch("a", "b", "c");

    assertThat(list.newer("c", 3)).isZero();
    assertThat(list.newer("a", 3)).isEqualTo(2);
    assertThat(list.newer("a", 1)).isEqualTo(1);
    assertThat(list.newer("absent", 3)).isEqualTo(3);
  }

  @Test
  void vanished_name_keepsItsPlaceAndCanComeAnew() {
    touch("a", "b");
    list.vanished("a");

    assertThat(list.contains("a")).isFalse();
    assertThat(list.newest(2)).containsExactly("a", "b");

    touch("a");
    list.vanished("a");
    assertThat(list.newest(3)).containsExactly("a", "b", "a");
  }

  @Test
  void restore_othersMovedSince_putsTheNameBetweenItsOldNeighbours() {
    touch("a", "b", "c");
    Position before = list.position("b");
    touch("b", "d");
    list.restore("b", before);

    assertThat(list.names()).containsExactly("a", "b", "c", "d");
    assertThat(list.touchedAt("b")).isEqualTo(1);
  }

  @Test
  void restore_nameThatWasAbsent_removesIt() {
    touch("a");
    Position before = list.position("b");
    touch("b", "c");
    list.restore("b", before);

    assertThat(list.names()).containsExactly("a", "c");
  }

  @Test
  void reorder_newNames_wereNeverTouched() {
    touch("a", "b", "c");
    list.reorder(List.of("d", "b", "a"));

    assertThat(list.names()).containsExactly("d", "b", "a");
    assertThat(list.touchedAt("d")).isEqualTo(RecencyList.NEVER);
    assertThat(list.touchedAt("b")).isEqualTo(1);
  }
}
