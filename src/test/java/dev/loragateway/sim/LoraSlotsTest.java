package dev.loragateway.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LoraSlotsTest {
  private final LoraSlots slots = new LoraSlots(2, 2);
  private final SimAdapter a = adapter(1, "a");
  private final SimAdapter b = adapter(2, "b");
  private final SimAdapter c = adapter(3, "c");

  @Test
  void load_cpuSlotsFull_oldestLosesItsGpuSlotBeforeTheNewcomerTakesOne() {
    bringIn(a);
    bringIn(b);
    slots.load(c);
    assertThat(slots.cpu()).containsExactly("b", "c");
    assertThat(slots.gpu()).containsExactly("b");
  }

  @Test
  void load_sameRegistration_replacesItsWeightsAndNobodyElses() {
    bringIn(a);
    bringIn(b);
    slots.load(a);
    assertThat(slots.cpu()).containsExactly("b", "a");
    assertThat(slots.gpu()).containsExactly("b");
    assertThat(slots.level(a)).isEqualTo(SimRequest.Level.CPU);
  }

  @Test
  void load_sameNameRegisteredAgain_holdsTwoSlots() {
    bringIn(a);
    bringIn(adapter(4, "a"));
    assertThat(slots.gpu()).containsExactly("a", "a");
  }

  @Test
  void touch_oldest_isNoLongerTheVictim() {
    bringIn(a);
    bringIn(b);
    slots.touch(a);
    bringIn(c);
    assertThat(slots.gpu()).containsExactly("a", "c");
  }

  @Test
  void level_reloadingAdapter_isAlwaysOnDisk() {
    SimAdapter reloading = new SimAdapter(1, "a", "sim://a", 1, true);
    bringIn(reloading);
    assertThat(slots.level(reloading)).isEqualTo(SimRequest.Level.DISK);
  }

  private void bringIn(SimAdapter adapter) {
    slots.load(adapter);
    slots.activate(adapter);
  }

  private static SimAdapter adapter(int id, String name) {
    return new SimAdapter(id, name, "sim://" + name, 1, false);
  }
}
