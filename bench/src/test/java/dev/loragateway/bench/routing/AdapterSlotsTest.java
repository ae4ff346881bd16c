package dev.loragateway.bench.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class AdapterSlotsTest {
  private static final ServerModel MODEL =
      ServerModel.DEFAULTS.with(Map.of("cpuSlotFactor", "2", "adapterMb", "100"));
  private static final long CPU_SWAP = MODEL.cpuSwapNanos(100);
  private static final long DISK_SWAP = MODEL.diskSwapNanos(100);

  private final AdapterSlots slots = new AdapterSlots(MODEL, new Adapters(8, false, 100, 1), 2);

  @Test
  void ensure_unloadedAdapter_takesDiskAndCopy() {
    assertThat(slots.ensure(0)).isEqualTo(DISK_SWAP + CPU_SWAP);
    assertThat(slots.ensure(0)).isZero();
    assertThat(slots.activations()).isEqualTo(1);
    assertThat(slots.diskLoads()).isEqualTo(1);
  }

  @Test
  void ensure_fullGpu_evictsTheOldestWhichStaysInHostMemory() {
    slots.ensure(0);
    slots.ensure(1);
    slots.ensure(0);
    slots.ensure(2);
    assertThat(slots.inGpu(1)).isFalse();
    assertThat(slots.inGpu(0)).isTrue();
    assertThat(slots.ensure(1)).isEqualTo(CPU_SWAP);
    assertThat(slots.evictions()).isEqualTo(2);
  }

  @Test
  void ensure_fullHostMemory_dropsTheOldestThere() {
    for (int i = 0; i < 5; i++) {
      slots.ensure(i);
    }
    assertThat(slots.inCpu(0)).isFalse();
    assertThat(slots.ensure(0)).isEqualTo(DISK_SWAP + CPU_SWAP);
  }

  @Test
  void registerAll_holdsTheLastOnes() {
    slots.registerAll();
    assertThat(slots.loaded().gpu()).containsExactlyInAnyOrder("lora-6", "lora-7");
    assertThat(slots.loaded().cpu())
        .containsExactlyInAnyOrder("lora-4", "lora-5", "lora-6", "lora-7");
    assertThat(slots.activations()).isZero();
  }
}
