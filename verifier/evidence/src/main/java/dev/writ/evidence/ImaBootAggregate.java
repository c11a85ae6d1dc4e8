// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The first entry of each boot's measurement list, {@code boot_aggregate}: a digest over PCRs that
 * were extended before IMA started (Linux, ima_calc_boot_aggregate). It ties the list to the boot.
 *
 * <p>Hash and bank are the same algorithm. PCRs are 0 to 7 in kernels before 5.8 and in SHA-1's bank,
 * else 0 to 9.
 */
final class ImaBootAggregate {
  static final String NAME = "boot_aggregate";

  private static final int OLD_PCRS = 8;
  private static final int PCRS = 10;

  /** What a comparison with quoted PCRs says. */
  enum State {
    /** It is made of the quoted PCRs. */
    EQUAL,
    /** It is not. */
    DIFFERENT,
    /** Its bank is not quoted far enough to tell, or is SHA-1's, which shows nothing. */
    NOT_CHECKED
  }

  private ImaBootAggregate() {}

  /**
   * A comparison.
   *
   * @param state what it says
   * @param quoted what the quoted PCRs give, as in {@link #of}
   */
  record Comparison(State state, List<TpmDigest> quoted) {}

  static Comparison compare(ImaEntry entry, PcrValues quoted) {
    TpmAlg hash = entry.hash;
    if (hash == null || entry.verity) {
      return new Comparison(State.NOT_CHECKED, List.of());
    }
    byte[] listed =
        Arrays.copyOfRange(entry.data, entry.digestAt, entry.digestAt + entry.digestLength);
    List<TpmDigest> candidates = of(hash, quoted);
    boolean equal = candidates.stream().anyMatch(each -> each.value().equalsInConstantTime(listed));
    int all = hash == TpmAlg.SHA1 ? 1 : 2;
    State state;
    if (equal) {
      state = hash == TpmAlg.SHA1 ? State.NOT_CHECKED : State.EQUAL;
    } else {
      state = candidates.size() < all ? State.NOT_CHECKED : State.DIFFERENT;
    }
    return new Comparison(state, candidates);
  }

  /** Whether PCRs 0 to 9 of a bank other than SHA-1's are quoted. */
  static boolean canBeOf(PcrValues quoted) {
    return quoted.selection().banks().stream()
        .map(PcrSelection.Bank::hash)
        .anyMatch(bank -> bank != TpmAlg.SHA1 && of(bank, quoted).size() == 2);
  }

  /** What the quoted PCRs of a bank give: over PCRs 0 to 7, then over 0 to 9, as far as quoted. */
  private static List<TpmDigest> of(TpmAlg bank, PcrValues quoted) {
    List<TpmDigest> digests = new ArrayList<>(2);
    MessageDigest running = bank.newDigest();
    for (int pcr = 0; pcr < (bank == TpmAlg.SHA1 ? OLD_PCRS : PCRS); pcr++) {
      Optional<TpmDigest> value = quoted.value(bank, pcr);
      if (value.isEmpty()) {
        break;
      }
      value.get().value().update(running);
      if (pcr == OLD_PCRS - 1) {
        digests.add(TpmDigest.of(bank, copyOf(running).digest()));
      } else if (pcr == PCRS - 1) {
        digests.add(TpmDigest.of(bank, running.digest()));
      }
    }
    return digests;
  }

  private static MessageDigest copyOf(MessageDigest running) {
    try {
      return (MessageDigest) running.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("this Java platform's digests cannot be cloned", e);
    }
  }
}
