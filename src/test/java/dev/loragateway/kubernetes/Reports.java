package dev.loragateway.kubernetes;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Remembers how watching fared. Thread-safe. */
final class Reports implements DiscoveryListener {
  final List<Integer> failures = new CopyOnWriteArrayList<>();
  final List<Boolean> annotated = new CopyOnWriteArrayList<>();
  final List<String> stopped = new CopyOnWriteArrayList<>();
  volatile boolean leads;
  final Map<String, Boolean> watching = new ConcurrentHashMap<>();

  @Override
  public void watching(String pool, String source, boolean works) {
    watching.put(source, works);
  }

  @Override
  public void stopped(String pool, String source) {
    stopped.add(source);
  }

  @Override
  public void failed(String pool, String source, int code) {
    failures.add(code);
  }

  @Override
  public void leads(boolean now) {
    leads = now;
  }

  @Override
  public void annotated(boolean done) {
    annotated.add(done);
  }
}
