// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

/** The C library's environment, which tpm2-tss reads its log level from. */
final class LibC {
  private LibC() {}

  /** setenv(3): with {@code overwrite} 0 a value that is already set stays. No TPM command. */
  static native int setenv(String name, String value, int overwrite);
}
