// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Values of the PCRs a selection names: unsigned until a quote's digest was recomputed from them.
 *
 * <p>The wire form is TPML_PCR_SELECTION, a u32 count, and that many TPM2B_DIGEST: banks in the
 * selection's order, lowest PCR first. Unlike TPML_DIGEST the count may exceed eight.
 *
 * @param selection whose values these are
 * @param digests one for each selected PCR, of its bank's algorithm
 */
public record PcrValues(PcrSelection selection, List<TpmDigest> digests) {
  /** Checks that each selected PCR has one value of its bank's algorithm. */
  public PcrValues {
    digests = List.copyOf(digests);
    if (digests.size() != selection.size()) {
      throw new IllegalArgumentException(
          selection.size() + " PCRs are selected, " + digests.size() + " values given");
    }
    int next = 0;
    for (PcrSelection.Bank bank : selection.banks()) {
      for (int index : bank.indices()) {
        if (digests.get(next).hash() != bank.hash()) {
          throw new IllegalArgumentException(
              "PCR " + index + " of " + bank.hash() + " has a " + digests.get(next).hash());
        }
        next++;
      }
    }
  }

  /**
   * Parses the whole wire form.
   *
   * @throws MalformedEvidenceException if it is not that, or does not end at the end
   */
  public static PcrValues parse(byte[] bytes) throws MalformedEvidenceException {
    TpmReader in = new TpmReader(bytes);
    PcrSelection selection = PcrSelection.read(in, "pcrSelection");
    int at = in.position();
    long count = in.u32("pcrValues.count");
    if (count != selection.size()) {
      throw in.malformed(
          "pcrValues.count", at, selection.size() + ", one for each PCR selected", "" + count);
    }
    List<TpmDigest> digests = new ArrayList<>(selection.size());
    for (PcrSelection.Bank bank : selection.banks()) {
      for (int index : bank.indices()) {
        String field = "pcrValues." + bank.hash() + "[" + index + "]";
        int valueAt = in.position();
        Octets value = in.tpm2b(field, bank.hash().digestBytes());
        if (value.length() != bank.hash().digestBytes()) {
          throw in.malformed(
              field, valueAt, bank.hash().digestBytes() + " bytes", value.length() + " bytes");
        }
        digests.add(new TpmDigest(bank.hash(), value));
      }
    }
    in.end("pcrValues");
    return new PcrValues(selection, digests);
  }

  /** The wire form. */
  public byte[] encode() {
    TpmWriter out = new TpmWriter();
    selection.write(out);
    out.u32(digests.size());
    for (TpmDigest digest : digests) {
      out.tpm2b(digest.value());
    }
    return out.toByteArray();
  }

  /** The value of a PCR, if it is selected. */
  public Optional<TpmDigest> value(TpmAlg bank, int index) {
    int next = 0;
    for (PcrSelection.Bank each : selection.banks()) {
      if (each.hash() == bank) {
        if (!each.selects(index)) {
          return Optional.empty();
        }
        int before = Integer.bitCount(each.mask() & ((1 << index) - 1));
        return Optional.of(digests.get(next + before));
      }
      next += Integer.bitCount(each.mask());
    }
    return Optional.empty();
  }

  /**
   * The digest that TPM2_Quote signs (Part 3, 18.4): over the values concatenated in selection order,
   * with the hash of the <em>signing scheme</em>, whatever the banks' hashes are.
   */
  public TpmDigest pcrDigest(TpmAlg schemeHash) {
    MessageDigest running = schemeHash.newDigest();
    for (TpmDigest digest : digests) {
      digest.value().update(running);
    }
    return TpmDigest.of(schemeHash, running.digest());
  }
}
