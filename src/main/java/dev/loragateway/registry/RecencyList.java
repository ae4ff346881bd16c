package dev.loragateway.registry;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Names in the order of their last touch, with its time in nanoseconds. A name can vanish and leave
 * its entry behind, which ages and is listed like any other but is no longer found by the name.
 * Confined to the registry's lock.
 */
final class RecencyList {
  /** The time of what was never touched; differences to it do not overflow. */
  static final long NEVER = Long.MIN_VALUE / 2;

  /** Ends the key of an entry whose name vanished; a number after it tells such entries apart. */
  private static final String VANISHED = "\0";

  /** Where a name was, to put it back there; turns grow along the list. */
  record Position(long turn, long touchedAt) {}

  private static final class Entry {
    long touchedAt;

    /** Grows along the list; a name that moves to its end gets a new one. */
    long turn;

    Entry(long touchedAt, long turn) {
      this.touchedAt = touchedAt;
      this.turn = turn;
    }
  }

  /** The oldest touch first. */
  private final LinkedHashMap<String, Entry> entries = new LinkedHashMap<>();

  private int vanished;
  private long turns;

  int size() {
    return entries.size();
  }

  boolean contains(String name) {
    return entries.containsKey(name);
  }

  /** When a name of the list was touched last. */
  long touchedAt(String name) {
    Entry entry = entries.get(name);
    return entry == null ? NEVER : entry.touchedAt;
  }

  /** Every entry by its key, the oldest first; the list is the caller's to change. */
  List<String> names() {
    return new ArrayList<>(entries.keySet());
  }

  /** The names of the newest entries, the oldest of them first; {@code count} that there are. */
  List<String> newest(int count) {
    String[] names = new String[count];
    Iterator<String> newest = newestFirst();
    for (int i = count - 1; i >= 0; i--) {
      names[i] = plain(newest.next());
    }
    return List.of(names);
  }

  /** How many entries are newer than the name; {@code limit} when so many are or it is absent. */
  int newer(String name, int limit) {
    if (!entries.containsKey(name)) {
      return limit;
    }
    Iterator<String> newest = newestFirst();
    int newer = 0;
    while (newer < limit && !newest.next().equals(name)) {
      newer++;
    }
    return newer;
  }

  private Iterator<String> newestFirst() {
    return entries.sequencedKeySet().reversed().iterator();
  }

  private static String plain(String key) {
    int end = key.indexOf(VANISHED);
    return end < 0 ? key : key.substring(0, end);
  }

  /** Makes the name the newest. */
  void touch(String name, long at) {
    Entry entry = entries.get(name);
    if (entry == null) {
      entries.put(name, new Entry(at, ++turns));
    } else {
      entry.touchedAt = at;
      entry.turn = ++turns;
      entries.putLast(name, entry);
    }
  }

  /** Sets the time of a name's last touch; the order stays. */
  void correct(String name, long touchedAt) {
    Entry entry = entries.get(name);
    if (entry != null) {
      entry.touchedAt = touchedAt;
    }
  }

  /** Where the name is, or null when it is not in the list. */
  @Nullable Position position(String name) {
    Entry entry = entries.get(name);
    return entry == null ? null : new Position(entry.turn, entry.touchedAt);
  }

  /** Puts the name back to where it was, whatever happened to the others; null removes it. */
  void restore(String name, @Nullable Position before) {
    List<String> order = names();
    order.remove(name);
    if (before != null) {
      order.add(Math.min(olderThan(before.turn()), order.size()), name);
      correct(name, before.touchedAt());
    }
    reorder(order);
  }

  private int olderThan(long turn) {
    return (int) entries.values().stream().filter(entry -> entry.turn < turn).count();
  }

  /**
   * Replaces the list by these keys, the oldest first: known ones keep their times, new ones were
   * never touched. Each position keeps its turn.
   */
  void reorder(Collection<String> keys) {
    Map<String, Entry> known = new HashMap<>(entries);
    long[] before = entries.values().stream().mapToLong(entry -> entry.turn).toArray();
    entries.clear();
    int position = 0;
    for (String key : keys) {
      Entry entry = known.getOrDefault(key, new Entry(NEVER, 0));
      entry.turn = position < before.length ? before[position] : ++turns;
      entries.put(key, entry);
      position++;
    }
  }

  /** The name is gone, and what it stood for stays where it is; the name can come anew. */
  void vanished(String name) {
    Map<String, Entry> before = new LinkedHashMap<>(entries);
    entries.clear();
    before.forEach(
        (key, entry) -> entries.put(key.equals(name) ? name + VANISHED + vanished++ : key, entry));
  }

  void forgetOldest() {
    entries.pollFirstEntry();
  }

  void clear() {
    entries.clear();
  }
}
