// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Randomness that does something else first, once. A decision takes its first random bytes after it
 * was made and before it is committed, so what is armed happens between the two.
 */
final class MeddlingRandom extends SecureRandom {
  private final transient AtomicReference<Runnable> armed =
      new AtomicReference<>(MeddlingRandom::nothing);

  private static void nothing() {}

  void beforeNextBytes(Runnable meddling) {
    armed.set(meddling);
  }

  @Override
  public void nextBytes(byte[] bytes) {
    // The superclass asks for bytes while it is made, before there is a field.
    if (armed != null) {
      armed.getAndSet(MeddlingRandom::nothing).run();
    }
    super.nextBytes(bytes);
  }
}
