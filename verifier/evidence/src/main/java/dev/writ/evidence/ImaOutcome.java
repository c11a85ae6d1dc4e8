// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.List;

/** Whether a measurement list is what the quoted PCR 10 was extended with. */
public sealed interface ImaOutcome
    permits ImaReplayed, ImaOutcome.PositionMismatch, ImaOutcome.Refused {
  /** Why it is not. */
  sealed interface Refused extends ImaOutcome, Refusal {}

  /**
   * The segment does not start where the stored position ends: nothing is wrong with the host, which
   * is to send its entries again from {@code expected}. A segment from 0 is always taken.
   *
   * @param expected index from which to send
   * @param got index of the segment's first entry
   */
  record PositionMismatch(long expected, long got) implements ImaOutcome, Refusal {
    @Override
    public String reason() {
      return "ima_position_mismatch";
    }

    @Override
    public String message() {
      return "the list must start at entry "
          + expected
          + ", was from "
          + got
          + "; send it again from entry "
          + expected;
    }
  }

  /** No bank but SHA-1's has PCR 10 in the quote. */
  record PcrNotQuoted() implements Refused {
    @Override
    public String reason() {
      return "ima_pcr_not_quoted";
    }

    @Override
    public String message() {
      return "PCR 10 must be quoted of a bank other than sha1, and is not; ask for it";
    }
  }

  /**
   * An entry was measured to another PCR, of which no replay is made.
   *
   * @param index the entry
   * @param pcr its PCR
   */
  record OtherPcr(long index, int pcr) implements Refused {
    @Override
    public String reason() {
      return "ima_pcr_other";
    }

    @Override
    public String message() {
      return "entry "
          + index
          + " must be measured to PCR 10, was to PCR "
          + pcr
          + "; do not set pcr= in the host's IMA policy";
    }
  }

  /**
   * An entry's template digest is not that of its data.
   *
   * @param index the entry
   * @param format of the list
   */
  record TemplateDigestMismatch(long index, ImaFormat format) implements Refused {
    @Override
    public String reason() {
      return "ima_template_digest_mismatch";
    }

    @Override
    public String message() {
      String hint =
          format == ImaFormat.ASCII
              ? "; a path with a line feed does this in ASCII: send the binary list"
              : "";
      return "the template digest of entry "
          + index
          + " must be that of its data, and is not"
          + hint;
    }
  }

  /**
   * An entry of an unknown template came in ASCII, from which what was hashed cannot be had.
   *
   * @param index the entry
   * @param template its template's name
   * @param bank the bank that needs the data
   */
  record TemplateNotReplayable(long index, String template, TpmAlg bank) implements Refused {
    @Override
    public String reason() {
      return "ima_template_not_replayable";
    }

    @Override
    public String message() {
      return "entry "
          + index
          + " must be of a known template to be replayed to "
          + bank
          + " from ASCII, was of "
          + template
          + "; send the binary list";
    }
  }

  /**
   * No number of the entries gives the quoted values.
   *
   * @param entries how many were replayed, those before the segment included
   * @param quoted PCR 10 of each bank
   * @param replayed what the whole list gives
   */
  record NotReplayed(long entries, List<TpmDigest> quoted, List<TpmDigest> replayed)
      implements Refused {
    /** Copies the lists. */
    public NotReplayed {
      quoted = List.copyOf(quoted);
      replayed = List.copyOf(replayed);
    }

    @Override
    public String reason() {
      return "ima_not_replayed";
    }

    @Override
    public String message() {
      return "PCR 10 must be what the first entries of the list give, was "
          + quoted
          + " where all "
          + entries
          + " give "
          + replayed
          + "; read the list after the quote, and let nothing but IMA extend PCR 10";
    }
  }

  /**
   * The quoted value is what SHA-1 digests give, padded with zeros to the bank's length, as kernels
   * before 5.8 extend every bank.
   *
   * @param bank the bank
   */
  record PaddedSha1(TpmAlg bank) implements Refused {
    @Override
    public String reason() {
      return "ima_bank_sha1_padded";
    }

    @Override
    public String message() {
      return "PCR 10 of "
          + bank
          + " must be extended with "
          + bank
          + " digests, was with padded sha1, which shows nothing; Linux 5.8 or later does not do this";
    }
  }

  /** Nothing was measured in this boot, or the first entry is not the boot aggregate. */
  record BootAggregateMissing() implements Refused {
    @Override
    public String reason() {
      return "ima_boot_aggregate_missing";
    }

    @Override
    public String message() {
      return "the first entry must be boot_aggregate, and is not; IMA must be on (ima_policy=)";
    }
  }

  /**
   * The boot aggregate is not made of the quoted PCRs: the list is of another boot, or IMA started
   * without the TPM.
   *
   * @param quoted what they give: of PCRs 0 to 7, and where quoted of 0 to 9
   * @param listed what the entry says
   */
  record BootAggregateMismatch(List<TpmDigest> quoted, String listed) implements Refused {
    /** Copies the list. */
    public BootAggregateMismatch {
      quoted = List.copyOf(quoted);
    }

    @Override
    public String reason() {
      return "ima_boot_aggregate_mismatch";
    }

    @Override
    public String message() {
      return "boot_aggregate must be one of " + quoted + ", was " + listed;
    }
  }
}
