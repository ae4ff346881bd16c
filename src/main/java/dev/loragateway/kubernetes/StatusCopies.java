package dev.loragateway.kubernetes;

import dev.loragateway.adapters.AdapterStatus.Copy;
import dev.loragateway.adapters.CopyState;
import dev.loragateway.kubernetes.LoraAdapterStatus.Instance;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Translates copies of adapters to what statuses say of them, and back. Stateless. */
final class StatusCopies {
  /** How much later or earlier the next try may be for what stands there to be good enough, ms. */
  private static final long ABOUT = 2000;

  private StatusCopies() {}

  /** What an object's status says of its copies; those that make no sense are left out. */
  static List<Copy> of(LoraAdapter object) {
    List<Copy> copies = new ArrayList<>();
    for (Instance instance : instances(object.getStatus())) {
      CopyState state = state(instance.state());
      if (state != null && instance.revision() != null) {
        copies.add(
            new Copy(
                instance.address(),
                instance.revision(),
                state,
                instance.attempts() == null ? 0 : instance.attempts(),
                millis(instance.retryAt()),
                instance.message() == null ? "" : instance.message()));
      }
    }
    return copies;
  }

  private static List<Instance> instances(@Nullable LoraAdapterStatus status) {
    return status == null ? List.of() : status.instances();
  }

  private static @Nullable CopyState state(@Nullable String state) {
    for (CopyState one : CopyState.values()) {
      if (word(one).equals(state)) {
        return one;
      }
    }
    return null;
  }

  private static long millis(@Nullable String time) {
    try {
      return time == null ? 0 : Instant.parse(time).toEpochMilli();
    } catch (DateTimeException e) {
      return 0;
    }
  }

  /** As Kubernetes writes constants: with one capital letter. */
  static String word(Enum<?> constant) {
    String name = constant.name();
    return name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT);
  }

  /** What the status says of the copies, in their order. */
  static List<Instance> of(List<Copy> copies, @Nullable LoraAdapterStatus before) {
    return copies.stream().map(copy -> of(copy, before)).toList();
  }

  private static Instance of(Copy copy, @Nullable LoraAdapterStatus before) {
    return new Instance(
        copy.address(),
        copy.revision(),
        word(copy.state()),
        copy.attempts(),
        retryAt(copy, before),
        copy.message().isEmpty() ? null : StatusText.cut(copy.message()));
  }

  private static @Nullable String retryAt(Copy copy, @Nullable LoraAdapterStatus before) {
    if (copy.retryAt() == 0) {
      return null;
    }
    for (Instance known : instances(before)) {
      if (known.address().equals(copy.address())
          && Math.abs(millis(known.retryAt()) - copy.retryAt()) < ABOUT) {
        return known.retryAt();
      }
    }
    return StatusText.time(Instant.ofEpochMilli(copy.retryAt()));
  }
}
