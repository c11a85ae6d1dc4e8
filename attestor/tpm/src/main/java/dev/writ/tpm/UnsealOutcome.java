// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What became of an attempt to unseal. */
public sealed interface UnsealOutcome {
  /** It holds: the secret, which is zeroed by {@link #close()} and never shown. */
  final class Unsealed implements UnsealOutcome, AutoCloseable {
    private final byte[] secret;

    Unsealed(byte[] secret) {
      this.secret = secret;
    }

    /** The bytes themselves, not a copy: zeros once this is closed. */
    public byte[] secret() {
      return secret;
    }

    @Override
    public void close() {
      Arrays.fill(secret, (byte) 0);
    }

    @Override
    public String toString() {
      return "Unsealed[" + secret.length + " bytes]";
    }
  }

  /** The policy is not signed by the approver under whose key the secret lies. */
  record NotApproved() implements UnsealOutcome {}

  /** Another TPM sealed it, or this one before it was cleared. */
  record OtherTpm() implements UnsealOutcome {}

  /** The TPM says that the object is not as it made it, although it has the object's parent. */
  record Altered() implements UnsealOutcome {}

  /** The policy was approved for another value of the counter. */
  record CounterDiffers(long approved, long actual) implements UnsealOutcome {}

  /** PCRs hold something else than was approved; at least one. */
  record PcrsDiffer(List<PcrDifference> differences) implements UnsealOutcome {
    /** Keeps its own list. */
    public PcrsDiffer {
      differences = List.copyOf(differences);
    }
  }

  /**
   * A PCR that differs.
   *
   * @param actual nothing where the TPM has no such PCR
   */
  record PcrDifference(PcrValue approved, Optional<byte[]> actual) {
    /**
     * The PCRs that differ.
     *
     * @param actual the values of the same PCRs in the same order; where the TPM lacks one there are
     *     fewer, and nobody can tell which
     */
    static List<PcrDifference> between(List<PcrValue> approved, List<byte[]> actual) {
      boolean whole = approved.size() == actual.size();
      List<PcrDifference> differences = new ArrayList<>();
      for (int i = 0; i < approved.size(); i++) {
        Optional<byte[]> value = whole ? Optional.of(actual.get(i)) : Optional.empty();
        if (value.isEmpty() || !Arrays.equals(value.get(), approved.get(i).value())) {
          differences.add(new PcrDifference(approved.get(i), value));
        }
      }
      return differences;
    }
  }
}
