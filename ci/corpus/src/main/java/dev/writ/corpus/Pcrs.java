// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.fixtures.Wire;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/**
 * PCRs of several banks with their values, in the order in which they are selected.
 *
 * @param banks in that order
 */
record Pcrs(List<Bank> banks) {
  /** What is asked of every host of the corpus. */
  static final Pcrs ASKED = of(CorpusKey.SHA256, 0, 1, 7).and(CorpusKey.SHA384, 0, 4);

  /**
   * PCRs of one bank.
   *
   * @param hash TPM_ALG_ID
   * @param indices lowest first
   * @param values one to each
   */
  record Bank(int hash, List<Integer> indices, List<byte[]> values) {}

  /** PCRs of one bank, each with a value that names it. */
  static Pcrs of(int hash, int... indices) {
    return new Pcrs(List.of()).and(hash, indices);
  }

  /** This with PCRs of another bank after its own. */
  Pcrs and(int hash, int... indices) {
    return and(hash, Pcrs::value, indices);
  }

  Pcrs and(int hash, BiFunction<Integer, Integer, byte[]> value, int... indices) {
    List<Integer> selected = new ArrayList<>();
    List<byte[]> values = new ArrayList<>();
    for (int index : indices) {
      selected.add(index);
      values.add(value.apply(hash, index));
    }
    List<Bank> all = new ArrayList<>(banks);
    all.add(new Bank(hash, selected, values));
    return new Pcrs(all);
  }

  /** What an event that names the PCR would leave there, more or less. */
  static byte[] value(int hash, int index) {
    return CorpusKey.digest(hash, ("PCR " + index).getBytes(StandardCharsets.US_ASCII));
  }

  /** The same PCRs, the first two values exchanged. */
  Pcrs relabelled() {
    List<Bank> all = new ArrayList<>(banks);
    Bank first = all.get(0);
    List<byte[]> values = new ArrayList<>(first.values);
    values.set(0, first.values.get(1));
    values.set(1, first.values.get(0));
    all.set(0, new Bank(first.hash, first.indices, values));
    return new Pcrs(all);
  }

  /** TPML_PCR_SELECTION (Part 2, 10.9.7). */
  byte[] selection() {
    Wire wire = new Wire().u32(banks.size());
    for (Bank bank : banks) {
      int mask = bank.indices.stream().mapToInt(index -> 1 << index).reduce(0, (a, b) -> a | b);
      wire.u16(bank.hash).u8(3).u8(mask).u8(mask >>> 8).u8(mask >>> 16);
    }
    return wire.toByteArray();
  }

  /** Selection, count, values: section 3 of an evidence package. */
  byte[] encode() {
    List<byte[]> values = banks.stream().flatMap(bank -> bank.values.stream()).toList();
    Wire wire = new Wire().bytes(selection()).u32(values.size());
    values.forEach(wire::sized);
    return wire.toByteArray();
  }

  /** What TPM2_Quote signs, with the signing scheme's hash (Part 3, 18.4). */
  byte[] digest(int schemeHash) {
    return CorpusKey.digest(
        schemeHash, banks.stream().flatMap(bank -> bank.values.stream()).toArray(byte[][]::new));
  }
}
