// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.Optional;

/**
 * Verifies quotes (Part 3, 18.4): one step after the other, the first that fails names the refusal.
 *
 * <ol>
 *   <li>magic is TPM_GENERATED_VALUE
 *   <li>type is a quote
 *   <li>the signature's hash is not SHA-1, and its scheme and hash are the key's own
 *   <li>the signature's numbers are in range, and it verifies under the enrolled key over the bytes
 *       received
 *   <li>the signer's qualified name, where it is known, is the one named
 *   <li>extraData is the qualifying data expected
 *   <li>the signed PCR selection is the one asked for
 *   <li>the values are of that selection
 *   <li>their digest, with the signing scheme's hash, is the signed one
 * </ol>
 *
 * <p>The key's attributes were judged when it became an {@link EnrolledAk}. Clock and counters are
 * carried on, not judged: that takes memory of earlier quotes, which the caller has.
 */
public final class QuoteVerifier {
  private QuoteVerifier() {}

  /** Verifies the quote of an evidence package. */
  public static QuoteOutcome verify(
      Evidence evidence, EnrolledAk ak, byte[] qualifyingData, PcrSelection asked) {
    return verify(
        evidence.quote(),
        evidence.quoteSignature(),
        evidence.pcrValues(),
        ak,
        qualifyingData,
        asked);
  }

  /**
   * Verifies a quote.
   *
   * @param qualifyingData what the TPM was to sign along with its PCRs
   * @param asked the selection that the TPM was to quote
   */
  public static QuoteOutcome verify(
      TpmsAttest attest,
      TpmtSignature signature,
      PcrValues values,
      EnrolledAk ak,
      byte[] qualifyingData,
      PcrSelection asked) {
    Optional<AttestRefusal> refusal =
        AttestVerifier.verify(attest, signature, AttestType.QUOTE, ak, qualifyingData);
    if (refusal.isPresent()) {
      return refusal.get();
    }
    if (!(attest.attested() instanceof Attested.Quote quote)) {
      throw new IllegalStateException("bug: a statement of type QUOTE holds no quote");
    }
    if (!quote.pcrSelect().equals(asked)) {
      return new QuoteOutcome.SelectionNotAsked(asked, quote.pcrSelect());
    }
    if (!values.selection().equals(quote.pcrSelect())) {
      return new QuoteOutcome.ValuesNotOfSelection(quote.pcrSelect(), values.selection());
    }
    TpmDigest recomputed = values.pcrDigest(ak.schemeHash());
    if (!recomputed.value().equals(quote.pcrDigest())) {
      return new QuoteOutcome.PcrDigestMismatch(quote.pcrDigest(), recomputed);
    }
    return new VerifiedQuote(ak, attest, recomputed, values);
  }
}
