// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** A set of PCRs that one hash algorithm extends (TPM_ALG_ID, TCG Algorithm Registry). */
public enum PcrBank {
  /** For reading old hosts only; nothing is trusted by it. */
  SHA1(0x0004, 20),
  /** The bank of every PC Client TPM 2.0. */
  SHA256(0x000b, 32),
  /** The bank of newer hosts. */
  SHA384(0x000c, 48),
  /** Rare. */
  SHA512(0x000d, 64);

  private final int algorithm;
  private final int digestBytes;

  PcrBank(int algorithm, int digestBytes) {
    this.algorithm = algorithm;
    this.digestBytes = digestBytes;
  }

  int algorithm() {
    return algorithm;
  }

  /** Its name in lower case, as tpm2-tools writes it: {@code sha256}. */
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The bank with this name. */
  public static Optional<PcrBank> named(String wire) {
    return Arrays.stream(values()).filter(bank -> bank.wire().equals(wire)).findAny();
  }

  /** Length of a value in this bank, in bytes. */
  public int digestBytes() {
    return digestBytes;
  }
}
