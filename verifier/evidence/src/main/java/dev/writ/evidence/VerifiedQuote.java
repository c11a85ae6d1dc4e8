// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/**
 * A quote that holds: the TPM of {@link #ak} had these PCR values when it was asked. Only {@link
 * QuoteVerifier} makes one.
 */
public final class VerifiedQuote implements QuoteOutcome {
  private final EnrolledAk ak;
  private final TpmsAttest attest;
  private final TpmDigest pcrDigest;
  private final PcrValues values;

  VerifiedQuote(EnrolledAk ak, TpmsAttest attest, TpmDigest pcrDigest, PcrValues values) {
    this.ak = ak;
    this.attest = attest;
    this.pcrDigest = pcrDigest;
    this.values = values;
  }

  /** The key that signed. */
  public EnrolledAk ak() {
    return ak;
  }

  /** The TPM's clock and its counts of restarts at that moment. */
  public ClockInfo clockInfo() {
    return attest.clockInfo();
  }

  /** The vendor's number for the TPM's firmware, an unsigned 64-bit number. */
  public long firmwareVersion() {
    return attest.firmwareVersion();
  }

  /** The PCRs, as asked and as signed. */
  public PcrSelection selection() {
    return values.selection();
  }

  /** Their values. */
  public PcrValues values() {
    return values;
  }

  /** The digest of the values that was signed, of the attestation key's hash. */
  public TpmDigest pcrDigest() {
    return pcrDigest;
  }

  @Override
  public String toString() {
    return "VerifiedQuote(" + selection() + ", " + pcrDigest + ")";
  }
}
