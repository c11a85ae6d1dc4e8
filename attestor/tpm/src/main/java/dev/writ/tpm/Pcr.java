// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;

/**
 * A platform configuration register in one bank. Ordered by bank as {@link PcrBank} has them, then by
 * number, which is the order in which a TPM reads and hashes them.
 *
 * @param index 0 to 23
 */
public record Pcr(PcrBank bank, int index) implements Comparable<Pcr> {
  /** The highest PCR of a PC Client TPM. */
  public static final int MAX_INDEX = 23;

  private static final Comparator<Pcr> ORDER =
      Comparator.comparing(Pcr::bank).thenComparing(Pcr::index);

  private static final int SELECT_BYTES = 3;

  /**
   * The PCR as given.
   *
   * @throws IllegalArgumentException if there is no such PCR
   */
  public Pcr {
    if (index < 0 || index > MAX_INDEX) {
      throw new IllegalArgumentException("a PCR must be 0 to " + MAX_INDEX + ", was " + index);
    }
  }

  /** A TPML_PCR_SELECTION of them. */
  static byte[] selection(Collection<Pcr> pcrs) {
    Map<PcrBank, byte[]> banks = new EnumMap<>(PcrBank.class);
    for (Pcr pcr : pcrs) {
      byte[] select = banks.computeIfAbsent(pcr.bank(), bank -> new byte[SELECT_BYTES]);
      select[pcr.index() / Byte.SIZE] |= (byte) (1 << pcr.index() % Byte.SIZE);
    }
    Template.Wire wire = new Template.Wire().u32(banks.size());
    for (Map.Entry<PcrBank, byte[]> bank : banks.entrySet()) {
      wire =
          wire.u16(bank.getKey().algorithm()).raw(new byte[] {SELECT_BYTES}).raw(bank.getValue());
    }
    return wire.bytes();
  }

  @Override
  public int compareTo(Pcr other) {
    return ORDER.compare(this, other);
  }

  /** Bank and number, as tpm2-tools write them: {@code sha256:7}. */
  @Override
  public String toString() {
    return bank.wire() + ":" + index;
  }
}
