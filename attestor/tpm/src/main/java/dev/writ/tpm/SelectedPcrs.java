// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * A TPML_PCR_SELECTION that libtss2-mu has accepted, as sets that can be subtracted.
 *
 * <pre>
 * count(4), then count times: hash(2) sizeofSelect(1) pcrSelect(sizeofSelect), bit n of byte n/8 = PCR n
 * </pre>
 */
record SelectedPcrs(List<Bank> banks) {
  record Bank(short algorithm, int selectBytes, BitSet pcrs) {}

  static SelectedPcrs of(byte[] selection) {
    ByteBuffer wire = ByteBuffer.wrap(selection);
    int count = wire.getInt();
    List<Bank> banks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      short algorithm = wire.getShort();
      byte[] select = new byte[wire.get()];
      wire.get(select);
      banks.add(new Bank(algorithm, select.length, BitSet.valueOf(select)));
    }
    return new SelectedPcrs(banks);
  }

  boolean isEmpty() {
    return count() == 0;
  }

  int count() {
    return banks.stream().mapToInt(bank -> bank.pcrs().cardinality()).sum();
  }

  SelectedPcrs without(SelectedPcrs taken) {
    List<Bank> left = new ArrayList<>();
    for (Bank bank : banks) {
      BitSet pcrs = (BitSet) bank.pcrs().clone();
      taken.banks.stream()
          .filter(other -> other.algorithm() == bank.algorithm())
          .forEach(other -> pcrs.andNot(other.pcrs()));
      left.add(new Bank(bank.algorithm(), bank.selectBytes(), pcrs));
    }
    return new SelectedPcrs(left);
  }

  byte[] wire() {
    Template.Wire wire = new Template.Wire().u32(banks.size());
    for (Bank bank : banks) {
      byte[] select = new byte[bank.selectBytes()];
      byte[] bits = bank.pcrs().toByteArray();
      System.arraycopy(bits, 0, select, 0, bits.length);
      wire = wire.u16(bank.algorithm()).raw(new byte[] {(byte) select.length}).raw(select);
    }
    return wire.bytes();
  }
}
