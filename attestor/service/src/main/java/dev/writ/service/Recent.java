// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What was looked up lately, so many things at most: those that were asked for longest ago go first. */
final class Recent<K, V> {
  @GuardedBy("kept")
  private final Map<K, V> kept;

  Recent(int most) {
    this.kept =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
            return size() > most;
          }
        };
  }

  Optional<V> get(K key) {
    synchronized (kept) {
      return Optional.ofNullable(kept.get(key));
    }
  }

  void put(K key, V value) {
    synchronized (kept) {
      kept.put(key, value);
    }
  }

  void remove(K key) {
    synchronized (kept) {
      kept.remove(key);
    }
  }
}
