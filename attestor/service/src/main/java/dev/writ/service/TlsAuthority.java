// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.hsm.HsmKey;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The TLS key that certifies what doors show; they are told when another takes its place. */
final class TlsAuthority {
  private final List<Runnable> doors = new CopyOnWriteArrayList<>();
  private volatile HsmKey key;

  TlsAuthority(HsmKey key) {
    this.key = key;
  }

  HsmKey key() {
    return key;
  }

  void use(HsmKey next) {
    boolean changed = !next.spec().equals(key.spec());
    key = next;
    if (changed) {
      doors.forEach(Runnable::run);
    }
  }

  /** Runs {@code renew}, which must not block, when there is another key. */
  void whenChanged(Runnable renew) {
    doors.add(renew);
  }
}
