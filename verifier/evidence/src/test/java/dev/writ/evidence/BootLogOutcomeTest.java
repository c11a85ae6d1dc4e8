// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.evidence.ReferenceValues.Pcr;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@link BootLogOutcome}: names that others keep, and what people read. */
class BootLogOutcomeTest {
  @Test
  void everyRefusal_hasItsReason_andSaysWhatMustHoldAndWhatWas() {
    PcrReplay.DigestMissing missing = new PcrReplay.DigestMissing(new Pcr(TpmAlg.SHA384, 7), 6);

    assertThat(
            List.<Refusal>of(
                new BootLogOutcome.Sha1Only(),
                new BootLogOutcome.BankMissing(TpmAlg.SHA384),
                new BootLogOutcome.DigestMissing(missing),
                new BootLogOutcome.EventRefused(
                    BootLogOutcome.Rule.SEPARATOR_TWICE, 9, 3, "the only separator", "a second")))
        .extracting(refusal -> refusal.reason() + ": " + refusal.message())
        .containsExactly(
            "boot_log_sha1: log and quote must share a bank other than sha1: enable the TPM's sha256"
                + " bank in the firmware's setup, and quote it",
            "boot_log_bank_missing: the log must have digests of the quoted bank sha384, and"
                + " announces none",
            missing.reason() + ": " + missing.message(),
            "boot_separator_twice: event 9 of PCR 3 must be the only separator, was a second");
  }
}
