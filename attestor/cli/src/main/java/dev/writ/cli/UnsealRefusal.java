// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tpm.UnsealOutcome;
import java.util.HexFormat;
import java.util.stream.Collectors;

/** Why a PIN stays sealed, and what to do, in one sentence for who can mend it. */
final class UnsealRefusal {
  private static final String RESTORE =
      "restore the file from its backup, or seal the PIN anew, with writ keys seal-pin --renew"
          + " --pin-file";

  private UnsealRefusal() {}

  /** Of an outcome that is none but a refusal. */
  static String sentence(UnsealOutcome outcome) {
    if (outcome instanceof UnsealOutcome.PcrsDiffer differ) {
      return "this host must be in the state that was approved, and differs in "
          + differ.differences().stream()
              .map(UnsealRefusal::difference)
              .collect(Collectors.joining("; "))
          + ": find out what changed (firmware, Secure Boot, loader or kernel); if it was meant, let"
          + " the approver run writ keys seal-pin --renew";
    } else if (outcome instanceof UnsealOutcome.CounterDiffers differs) {
      return "the approved policy must be of the TPM's counter, "
          + differs.actual()
          + ", and is of "
          + differs.approved()
          + ": this file was replaced by a later one, or a renewal was interrupted; use the newest"
          + " file, or let the approver run writ keys seal-pin --renew";
    } else if (outcome instanceof UnsealOutcome.OtherTpm) {
      return "this TPM must be the one that sealed the PIN, and is another, or was cleared since: seal"
          + " the PIN anew, with writ keys seal-pin --renew --pin-file";
    } else if (outcome instanceof UnsealOutcome.Altered) {
      return "the sealed object must be as the TPM made it, and was altered: " + RESTORE;
    } else if (outcome instanceof UnsealOutcome.NotApproved) {
      return "the policy must be signed by the approver for this PIN, and is not: " + RESTORE;
    }
    throw new IllegalStateException("bug: a PIN that was unsealed has no refusal");
  }

  private static String difference(UnsealOutcome.PcrDifference difference) {
    HexFormat hex = HexFormat.of();
    return "PCR "
        + difference.approved().pcr()
        + " (approved "
        + hex.formatHex(difference.approved().value())
        + ", is "
        + difference.actual().map(hex::formatHex).orElse("not in this TPM")
        + ")";
  }
}
