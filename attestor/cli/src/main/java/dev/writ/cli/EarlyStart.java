// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.P256Verifier;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;

/**
 * What a JVM takes longest for the first time, done beside the reading of arguments and trust file: it
 * is somebody's prompt that waits. Nothing comes of it but that the code is there when it is used.
 */
final class EarlyStart {
  private EarlyStart() {}

  /** Begins; ends by itself. */
  static void begin() {
    beside("writ-tpm-libraries", EarlyStart::loadLibraries);
    beside("writ-verification", P256Verifier::rehearse);
  }

  private static void loadLibraries() {
    try {
      Tpm.loadLibraries();
    } catch (TpmException e) {
      // Whoever opens the TPM is told.
    }
  }

  private static void beside(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }
}
