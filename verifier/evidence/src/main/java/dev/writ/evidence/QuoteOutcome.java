// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/** Whether a quote holds: that this attestation key's TPM said, for this question, these PCRs. */
public sealed interface QuoteOutcome permits VerifiedQuote, QuoteOutcome.Refused {
  /** Why it does not. */
  sealed interface Refused extends QuoteOutcome, Refusal
      permits AttestRefusal, SelectionNotAsked, ValuesNotOfSelection, PcrDigestMismatch {}

  /**
   * The TPM signed other PCRs than were asked, or the same in another order.
   *
   * @param asked what was asked
   * @param signed what was signed
   */
  record SelectionNotAsked(PcrSelection asked, PcrSelection signed) implements Refused {
    @Override
    public String reason() {
      return "pcr_selection_mismatch";
    }

    @Override
    public String message() {
      return "the signed PCR selection must be "
          + asked
          + ", was "
          + signed
          + "; a TPM clears PCRs and banks that it does not have";
    }
  }

  /**
   * The values sent along are of other PCRs than were signed, or in another order.
   *
   * @param signed what was signed
   * @param values what the values are of
   */
  record ValuesNotOfSelection(PcrSelection signed, PcrSelection values) implements Refused {
    @Override
    public String reason() {
      return "pcr_values_selection_mismatch";
    }

    @Override
    public String message() {
      return "the PCR values must be of " + signed + " in that order, were of " + values;
    }
  }

  /**
   * The values sent along are not those that were signed.
   *
   * @param signed the signed digest
   * @param recomputed the values' digest
   */
  record PcrDigestMismatch(Octets signed, TpmDigest recomputed) implements Refused {
    @Override
    public String reason() {
      return "pcr_digest_mismatch";
    }

    @Override
    public String message() {
      return "the digest of the PCR values, "
          + recomputed
          + ", must be the signed digest, was "
          + signed
          + "; a PCR extended between quote and read does this: quote again";
    }
  }
}
