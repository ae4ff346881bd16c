package dev.loragateway.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** The one list of the tracker against the two LRU caches that the engine really keeps. */
class ResidencyTrackerProperties {
  private static long time;

  /** vLLM's two caches, literally: CPU eviction drops the GPU slot, both are touched together. */
  private static final class TwoCaches {
    final LinkedHashSet<String> gpu = new LinkedHashSet<>();
    final LinkedHashSet<String> cpu = new LinkedHashSet<>();
    final int gpuSlots;
    final int cpuSlots;

    TwoCaches(int gpuSlots, int cpuSlots) {
      this.gpuSlots = gpuSlots;
      this.cpuSlots = cpuSlots;
    }

    void schedule(String adapter) {
      if (!cpu.remove(adapter) && cpu.size() == cpuSlots) {
        gpu.remove(cpu.removeFirst());
      }
      cpu.add(adapter);
      if (!gpu.remove(adapter) && gpu.size() == gpuSlots) {
        gpu.removeFirst();
      }
      gpu.add(adapter);
    }
  }

  @Property
  void sequentialRequests_anyOrder_giveTheCachesOfTheEngine(
      @ForAll @IntRange(min = 1, max = 4) int gpuSlots,
      @ForAll @IntRange(min = 0, max = 4) int moreCpuSlots,
      @ForAll List<@IntRange(min = 0, max = 9) Integer> requests) {
    ResidencyTracker tracker =
        new ResidencyTracker(gpuSlots, gpuSlots + moreCpuSlots, (adapter, victim) -> {});
    TwoCaches engine = new TwoCaches(gpuSlots, gpuSlots + moreCpuSlots);
    for (int request : requests) {
      String adapter = "lora-" + request;
      tracker.dispatched(adapter, time++);
      tracker.answered(adapter, time++);
      tracker.served(adapter, time++);
      engine.schedule(adapter);

      assertThat(tracker.gpu()).containsExactlyElementsOf(engine.gpu);
      assertThat(tracker.cpu()).containsExactlyElementsOf(engine.cpu);
    }
  }

  @Property
  void concurrentRequests_anyInterleaving_keepTheInvariants(
      @ForAll @IntRange(min = 1, max = 4) int gpuSlots, @ForAll Random random) {
    List<String> swaps = new ArrayList<>();
    ResidencyTracker tracker =
        new ResidencyTracker(gpuSlots, gpuSlots + 2, (adapter, victim) -> swaps.add(adapter));
    ArrayDeque<String> inFlight = new ArrayDeque<>();
    for (int i = 0; i < 200; i++) {
      if (inFlight.isEmpty() || random.nextInt(3) > 0) {
        String adapter = "lora-" + random.nextInt(8);
        tracker.dispatched(adapter, time++);
        inFlight.add(adapter);
      } else {
        end(tracker, inFlight.remove(), random.nextInt(4));
      }
      assertThat(tracker.gpu()).doesNotHaveDuplicates().hasSizeLessThanOrEqualTo(gpuSlots);
      assertThat(tracker.cpu()).hasSizeLessThanOrEqualTo(gpuSlots + 2).containsAll(tracker.gpu());
      if (tracker.victim() != null) {
        assertThat(inFlight).doesNotContain(tracker.victim());
      }
    }
    inFlight.forEach(adapter -> end(tracker, adapter, 0));
    tracker.dispatched("last", time++);
    assertThat(tracker.gpu()).contains("last");
  }

  private static void end(ResidencyTracker tracker, String adapter, int how) {
    switch (how) {
      case 0 -> tracker.abandoned(adapter, time++);
      case 1 -> tracker.refused(adapter, time++);
      default -> {
        tracker.answered(adapter, time++);
        tracker.served(adapter, time++);
      }
    }
  }
}
