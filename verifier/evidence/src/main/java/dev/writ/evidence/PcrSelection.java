// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * TPML_PCR_SELECTION (Part 2, 10.9.7): which PCRs of which banks, in an order that matters, for a
 * quote's digest runs over the values in it.
 *
 * <p>One to sixteen banks, each at most once. A bitmap is three bytes, for the 24 PCRs of the PC
 * Client profile; a TPM accepts no other length.
 *
 * @param banks in order
 */
public record PcrSelection(List<Bank> banks) {
  /** PCRs of a bank: 0 to 23. */
  public static final int PCRS = 24;

  private static final int MAX_BANKS = 16;
  private static final int BITMAP_BYTES = PCRS / 8;

  /**
   * PCRs of one bank.
   *
   * @param hash the bank's hash algorithm
   * @param mask bit <i>n</i> is set where PCR <i>n</i> is selected; zero is what a TPM signs where it
   *     has no such bank
   */
  public record Bank(TpmAlg hash, int mask) {
    /** Checks both. */
    public Bank {
      if (!hash.isHash()) {
        throw new IllegalArgumentException("a PCR bank has a hash algorithm, not " + hash);
      }
      if (mask >>> PCRS != 0) {
        throw new IllegalArgumentException("PCRs are 0 to " + (PCRS - 1));
      }
    }

    /** The selected PCRs, lowest first. */
    public List<Integer> indices() {
      return IntStream.range(0, PCRS).filter(this::selects).boxed().toList();
    }

    /** Whether PCR {@code index} is selected. */
    public boolean selects(int index) {
      return index >= 0 && index < PCRS && (mask >>> index & 1) == 1;
    }

    /** The text of tpm2-tools, {@code sha256:0,1,7}. */
    @Override
    public String toString() {
      return hash.text()
          + ":"
          + indices().stream().map(String::valueOf).collect(Collectors.joining(","));
    }
  }

  /** Checks the number of banks, and that each stands once. */
  public PcrSelection {
    banks = List.copyOf(banks);
    if (banks.isEmpty() || banks.size() > MAX_BANKS) {
      throw new IllegalArgumentException(
          "a PCR selection has 1 to " + MAX_BANKS + " banks, not " + banks.size());
    }
    Set<TpmAlg> seen = EnumSet.noneOf(TpmAlg.class);
    for (Bank bank : banks) {
      if (!seen.add(bank.hash())) {
        throw new IllegalArgumentException("bank " + bank.hash() + " stands twice");
      }
    }
  }

  /**
   * PCRs of one bank.
   *
   * @throws IllegalArgumentException if there is none, or one is not 0 to 23
   */
  public static PcrSelection of(TpmAlg bank, int... indices) {
    return new PcrSelection(List.of(bank(bank, indices)));
  }

  /** This selection with another bank after its own. */
  public PcrSelection and(TpmAlg bank, int... indices) {
    List<Bank> all = new ArrayList<>(banks);
    all.add(bank(bank, indices));
    return new PcrSelection(all);
  }

  /**
   * Parses a whole TPML_PCR_SELECTION.
   *
   * @throws MalformedEvidenceException if it is none, or does not end at the end
   */
  public static PcrSelection parse(byte[] bytes) throws MalformedEvidenceException {
    TpmReader in = new TpmReader(bytes);
    PcrSelection selection = read(in, "pcrSelection");
    in.end("pcrSelection");
    return selection;
  }

  static PcrSelection read(TpmReader in, String field) throws MalformedEvidenceException {
    int at = in.position();
    long count = in.u32(field + ".count");
    if (count < 1 || count > MAX_BANKS) {
      throw in.malformed(field + ".count", at, "1 to " + MAX_BANKS, Long.toString(count));
    }
    return readBanks(in, field, (int) count);
  }

  /** The same where a TPM may say that nothing is selected. */
  static Optional<PcrSelection> readIfAny(TpmReader in, String field)
      throws MalformedEvidenceException {
    int at = in.position();
    long count = in.u32(field + ".count");
    if (count > MAX_BANKS) {
      throw in.malformed(field + ".count", at, "0 to " + MAX_BANKS, Long.toString(count));
    }
    return count == 0 ? Optional.empty() : Optional.of(readBanks(in, field, (int) count));
  }

  private static PcrSelection readBanks(TpmReader in, String field, int count)
      throws MalformedEvidenceException {
    List<Bank> banks = new ArrayList<>(count);
    Set<TpmAlg> seen = EnumSet.noneOf(TpmAlg.class);
    for (int i = 0; i < count; i++) {
      String bank = field + "[" + i + "]";
      int hashAt = in.position();
      TpmAlg hash = in.hash(bank + ".hash");
      if (!seen.add(hash)) {
        throw in.malformed(bank + ".hash", hashAt, "a bank not yet named", hash.text());
      }
      int sizeAt = in.position();
      int size = in.u8(bank + ".sizeofSelect");
      if (size != BITMAP_BYTES) {
        throw in.malformed(
            bank + ".sizeofSelect", sizeAt, Integer.toString(BITMAP_BYTES), String.valueOf(size));
      }
      int low = in.u8(bank + ".pcrSelect");
      int middle = in.u8(bank + ".pcrSelect");
      int high = in.u8(bank + ".pcrSelect");
      banks.add(new Bank(hash, low | middle << 8 | high << 16));
    }
    return new PcrSelection(banks);
  }

  /** The wire form. */
  public byte[] encode() {
    TpmWriter out = new TpmWriter();
    write(out);
    return out.toByteArray();
  }

  void write(TpmWriter out) {
    out.u32(banks.size());
    for (Bank bank : banks) {
      out.alg(bank.hash()).u8(BITMAP_BYTES);
      out.u8(bank.mask()).u8(bank.mask() >>> 8).u8(bank.mask() >>> 16);
    }
  }

  /** How many PCRs are selected in all banks together. */
  public int size() {
    return banks.stream().mapToInt(bank -> Integer.bitCount(bank.mask())).sum();
  }

  /** Whether PCR {@code index} of {@code bank} is selected. */
  public boolean selects(TpmAlg bank, int index) {
    return banks.stream().anyMatch(each -> each.hash() == bank && each.selects(index));
  }

  /** The text of tpm2-tools, {@code sha256:0,1,7+sha384:0}. */
  @Override
  public String toString() {
    return banks.stream().map(Bank::toString).collect(Collectors.joining("+"));
  }

  private static Bank bank(TpmAlg hash, int... indices) {
    if (indices.length == 0) {
      throw new IllegalArgumentException("bank " + hash + " selects no PCR");
    }
    int mask = 0;
    for (int index : indices) {
      if (index < 0 || index >= PCRS) {
        throw new IllegalArgumentException("PCRs are 0 to " + (PCRS - 1) + ", not " + index);
      }
      mask |= 1 << index;
    }
    return new Bank(hash, mask);
  }
}
