package dev.loragateway.kubernetes;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Remembers how watching fared. Thread-safe. */
final class Reports implements DiscoveryListener {
  final List<Integer> failures = new CopyOnWriteArrayList<>();
  final Map<KubernetesSource, Boolean> watching = new ConcurrentHashMap<>();

  @Override
  public void watching(String pool, KubernetesSource source, boolean works) {
    watching.put(source, works);
  }

  @Override
  public void failed(String pool, KubernetesSource source, int code) {
    failures.add(code);
  }
}
