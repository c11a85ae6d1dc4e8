// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@link ImaOutcome} and {@link ImaVerdict}: names that others keep, and what people read. */
class ImaOutcomeTest {
  private static final TpmDigest ONE = Statement.value(TpmAlg.SHA256, 1);
  private static final TpmDigest OTHER = Statement.value(TpmAlg.SHA256, 2);

  @Test
  void everyRefusal_hasItsReason_andSaysWhatMustHoldAndWhatWas() {
    assertThat(
            List.<Refusal>of(
                new ImaOutcome.PositionMismatch(826, 3),
                new ImaOutcome.PcrNotQuoted(),
                new ImaOutcome.OtherPcr(5, 11),
                new ImaOutcome.TemplateDigestMismatch(5, ImaFormat.BINARY),
                new ImaOutcome.TemplateDigestMismatch(5, ImaFormat.ASCII),
                new ImaOutcome.TemplateNotReplayable(5, "evm-sig", TpmAlg.SHA256),
                new ImaOutcome.NotReplayed(9, List.of(ONE), List.of(OTHER)),
                new ImaOutcome.PaddedSha1(TpmAlg.SHA256),
                new ImaOutcome.BootAggregateMissing(),
                new ImaOutcome.BootAggregateMismatch(List.of(ONE), OTHER.toString())))
        .extracting(refusal -> refusal.reason() + ": " + refusal.message())
        .containsExactly(
            "ima_position_mismatch: the list must start at entry 826, was from 3; send it again from"
                + " entry 826",
            "ima_pcr_not_quoted: PCR 10 must be quoted of a bank other than sha1, and is not; ask for"
                + " it",
            "ima_pcr_other: entry 5 must be measured to PCR 10, was to PCR 11; do not set pcr= in the"
                + " host's IMA policy",
            "ima_template_digest_mismatch: the template digest of entry 5 must be that of its data,"
                + " and is not",
            "ima_template_digest_mismatch: the template digest of entry 5 must be that of its data,"
                + " and is not; a path with a line feed does this in ASCII: send the binary list",
            "ima_template_not_replayable: entry 5 must be of a known template to be replayed to sha256"
                + " from ASCII, was of evm-sig; send the binary list",
            "ima_not_replayed: PCR 10 must be what the first entries of the list give, was ["
                + ONE
                + "] where all 9 give ["
                + OTHER
                + "]; read the list after the quote, and let nothing but IMA extend PCR 10",
            "ima_bank_sha1_padded: PCR 10 of sha256 must be extended with sha256 digests, was with"
                + " padded sha1, which shows nothing; Linux 5.8 or later does not do this",
            "ima_boot_aggregate_missing: the first entry must be boot_aggregate, and is not; IMA must"
                + " be on (ima_policy=)",
            "ima_boot_aggregate_mismatch: boot_aggregate must be one of ["
                + ONE
                + "], was "
                + OTHER);
  }

  @Test
  void everyVerdict_hasANumberAndAReasonOfItsOwn_thatStay() {
    assertThat(Arrays.stream(ImaVerdict.values()).map(each -> each.id() + " " + each.reason()))
        .containsExactly(
            "1 ima_boot_aggregate",
            "2 ima_digest_listed",
            "3 ima_file_listed",
            "4 ima_signed",
            "5 ima_path_excluded",
            "6 ima_key_listed",
            "7 ima_entry_unlisted",
            "8 ima_digest_changed",
            "9 ima_digest_weak",
            "10 ima_violation",
            "11 ima_template_unknown",
            "12 ima_signature_invalid",
            "13 ima_key_unlisted",
            "14 ima_key_after_use");
    for (ImaVerdict verdict : ImaVerdict.values()) {
      assertThat(ImaVerdict.ofId(verdict.id())).contains(verdict);
    }
    assertThat(ImaVerdict.ofId(0)).isEmpty();
  }
}
