// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.evidence.AkOutcome;
import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.PcrValues;
import dev.writ.evidence.QuoteOutcome;
import dev.writ.evidence.QuoteVerifier;
import dev.writ.evidence.TpmDigest;
import dev.writ.evidence.TpmsAttest;
import dev.writ.evidence.TpmtSignature;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.tpm.SignedAttest;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * A quote and the PCR values it covers, checked here as the service will check them: what this host
 * could know to be refused is not sent.
 *
 * @param quote as the TPM signed it
 * @param verified the same, verified
 */
record Measurement(SignedAttest quote, VerifiedQuote verified) {
  /** A PCR extended between read and quote, as IMA does, costs one round. */
  private static final int MAX_ROUNDS = 16;

  /** Reads and quotes until values and quote agree. */
  static Measurement take(Tpm tpm, EnrolledAk ak, PcrSelection selection, byte[] qualifyingData)
      throws TpmException, AttestationFailedException {
    byte[] wireSelection = selection.encode();
    for (int round = 0; round < MAX_ROUNDS; round++) {
      PcrValues values = values(selection, tpm.readPcrs(wireSelection).values());
      SignedAttest quote = tpm.quote(wireSelection, qualifyingData);
      QuoteOutcome outcome = verify(quote, values, ak, qualifyingData, selection);
      if (outcome instanceof VerifiedQuote verified) {
        return new Measurement(quote, verified);
      }
      if (outcome instanceof QuoteOutcome.Refused refused
          && !(refused instanceof QuoteOutcome.PcrDigestMismatch)) {
        throw new AttestationFailedException(
            "this host's own quote must verify, and does not: " + refused.message());
      }
    }
    throw new AttestationFailedException(
        "PCRs must hold still between reading and quoting, and changed in each of "
            + MAX_ROUNDS
            + " rounds: find what keeps extending "
            + selection);
  }

  /** The attestation key, if a service can believe it. */
  static EnrolledAk judge(byte[] publicArea) throws AttestationFailedException {
    try {
      AkOutcome outcome = EnrolledAk.of(publicArea);
      if (outcome instanceof EnrolledAk ak) {
        return ak;
      }
      throw new IllegalStateException("bug: the attestation key's template makes " + outcome);
    } catch (MalformedEvidenceException e) {
      throw new AttestationFailedException("the TPM's attestation key cannot be read", e);
    }
  }

  private static QuoteOutcome verify(
      SignedAttest quote, PcrValues values, EnrolledAk ak, byte[] qualifying, PcrSelection asked)
      throws AttestationFailedException {
    try {
      return QuoteVerifier.verify(
          TpmsAttest.parse(quote.attest()),
          TpmtSignature.parse(quote.signature()),
          values,
          ak,
          qualifying,
          asked);
    } catch (MalformedEvidenceException e) {
      throw new AttestationFailedException("this host's own quote cannot be read", e);
    }
  }

  private static PcrValues values(PcrSelection selection, List<byte[]> read)
      throws AttestationFailedException {
    if (read.size() != selection.size()) {
      throw new AttestationFailedException(
          String.format(
              "the TPM must have all %d PCRs of %s, has %d of them: activate the bank"
                  + " (tpm2_pcrallocate, then a reboot) or change what the service asks for",
              selection.size(), selection, read.size()));
    }
    Iterator<byte[]> next = read.iterator();
    List<TpmDigest> digests = new ArrayList<>();
    for (PcrSelection.Bank bank : selection.banks()) {
      bank.indices().forEach(index -> digests.add(TpmDigest.of(bank.hash(), next.next())));
    }
    return new PcrValues(selection, digests);
  }
}
