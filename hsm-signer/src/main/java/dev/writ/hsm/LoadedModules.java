// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The PKCS#11 modules of this process: one to a library, however it is spelt. */
final class LoadedModules {
  /** Held while a module is loaded or ended, which may take as long as the module likes. */
  private static final ReentrantLock LOCK = new ReentrantLock();

  @GuardedBy("LOCK")
  private static final Map<Path, Cryptoki> LOADED = new HashMap<>();

  private LoadedModules() {}

  /**
   * The profile's module, which is loaded if it is not yet.
   *
   * @param getenv the process's environment, which the module reads as well
   */
  static Cryptoki get(TokenProfile profile, UnaryOperator<@Nullable String> getenv)
      throws HsmException {
    Cryptoki.requireWrapper();
    Cryptoki.requireReadable(profile);
    Cryptoki.requireConfiguration(profile, getenv);
    LOCK.lock();
    try {
      Cryptoki loaded = LOADED.get(place(profile));
      if (loaded == null) {
        return put(profile, Cryptoki.initialise(profile, getenv, 0));
      }
      return loaded.isEnding() ? again(profile, getenv, loaded, Duration.ZERO) : loaded;
    } finally {
      LOCK.unlock();
    }
  }

  /**
   * Another module than {@code spent}: one that somebody has loaded since, or a new one, for which {@code
   * spent} is ended. Where another token is connected in {@code spent} it is kept, and given once more:
   * that one's signatures show soon enough whether it is the module that is gone.
   *
   * @param patience how long calls that are inside {@code spent} may take to leave it
   */
  static Cryptoki reload(
      TokenProfile profile,
      UnaryOperator<@Nullable String> getenv,
      Cryptoki spent,
      Duration patience)
      throws HsmException {
    Cryptoki.requireReadable(profile);
    Cryptoki.requireConfiguration(profile, getenv);
    LOCK.lock();
    try {
      Cryptoki loaded = LOADED.get(place(profile));
      boolean shared = loaded == spent && spent.isConnected() && !spent.isEnding();
      if (loaded != null && (loaded != spent || shared)) {
        return loaded;
      }
      return again(profile, getenv, spent, patience);
    } finally {
      LOCK.unlock();
    }
  }

  /**
   * Has the profile's module loaded anew by whoever uses it next, since its token went away; unless
   * somebody is just doing that.
   */
  static void distrust(TokenProfile profile, Duration patience) throws InterruptedException {
    if (LOCK.tryLock(patience.toNanos(), TimeUnit.NANOSECONDS)) {
      try {
        Cryptoki loaded = LOADED.get(place(profile));
        if (loaded != null && !loaded.isConnected()) {
          loaded.distrust();
        }
      } finally {
        LOCK.unlock();
      }
    }
  }

  @GuardedBy("LOCK")
  private static Cryptoki again(
      TokenProfile profile,
      UnaryOperator<@Nullable String> getenv,
      Cryptoki spent,
      Duration patience)
      throws HsmException {
    spent.end(patience);
    return put(profile, Cryptoki.initialise(profile, getenv, spent.generation() + 1));
  }

  @GuardedBy("LOCK")
  private static Cryptoki put(TokenProfile profile, Cryptoki loaded) {
    LOADED.put(place(profile), loaded);
    return loaded;
  }

  /** Where the library lies, behind all links. */
  private static Path place(TokenProfile profile) {
    try {
      return profile.library().toRealPath();
    } catch (IOException e) {
      return profile.library();
    }
  }
}
