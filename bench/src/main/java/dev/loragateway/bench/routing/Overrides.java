package dev.loragateway.bench.routing;

import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** Replaces components of a record by name, from text. Stateless. */
final class Overrides {
  private Overrides() {}

  /** The record with the named components replaced; an unknown name is an error. */
  static <R extends Record> R apply(R record, Map<String, String> values) {
    Map<String, String> left = new TreeMap<>(values);
    RecordComponent[] components = record.getClass().getRecordComponents();
    Object[] next = new Object[components.length];
    try {
      for (int i = 0; i < components.length; i++) {
        String value = left.remove(components[i].getName());
        next[i] =
            value == null
                ? components[i].getAccessor().invoke(record)
                : parse(components[i], value.strip());
      }
      if (!left.isEmpty()) {
        throw new IllegalArgumentException(
            "unknown: "
                + left.keySet()
                + "; known: "
                + Arrays.stream(components).map(RecordComponent::getName).toList());
      }
      Class<?>[] types =
          Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
      @SuppressWarnings("unchecked")
      Class<R> type = (Class<R>) record.getClass();
      var constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(next);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object parse(RecordComponent component, String value) {
    Class<?> type = component.getType();
    if (type == int.class) {
      return Integer.parseInt(value);
    } else if (type == long.class) {
      return Long.parseLong(value);
    } else if (type == double.class) {
      return Double.parseDouble(value);
    } else if (type == boolean.class) {
      return Boolean.parseBoolean(value);
    } else if (type == Duration.class) {
      return duration(value);
    } else if (type == String.class) {
      return value;
    } else if (type.isEnum()) {
      return constant(type, value);
    }
    throw new IllegalArgumentException(component.getName() + " cannot be set");
  }

  private static Object constant(Class<?> type, String value) {
    for (Object constant : type.getEnumConstants()) {
      if (constant.toString().equalsIgnoreCase(value)) {
        return constant;
      }
    }
    throw new IllegalArgumentException(
        "no " + value + "; known: " + Arrays.toString(type.getEnumConstants()));
  }

  /** Milliseconds, with or without the unit {@code ms}, or seconds with {@code s}. */
  private static Duration duration(String value) {
    if (value.endsWith("ms")) {
      return millis(value.substring(0, value.length() - 2), 1);
    }
    return value.endsWith("s")
        ? millis(value.substring(0, value.length() - 1), 1000)
        : millis(value, 1);
  }

  private static Duration millis(String value, double unit) {
    return Duration.ofNanos(Math.round(Double.parseDouble(value) * unit * 1e6));
  }
}
