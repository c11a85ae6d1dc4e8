// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.Octets;
import dev.writ.evidence.PcrSelection;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;

/**
 * This host's word on its own state, verified here as others will verify it.
 *
 * @param akPublic TPMT_PUBLIC of the attestation key
 * @param evidence quote, signature and PCR values, and nothing else
 */
public record HostQuote(Octets akPublic, Evidence evidence) {
  /**
   * Has the attestation key quote; where the TPM has none yet, makes it.
   *
   * @param qualifyingData what the quote is bound to, at most 64 bytes
   */
  public static HostQuote take(Tpm tpm, PcrSelection selection, byte[] qualifyingData)
      throws TpmException, AttestationFailedException {
    byte[] akPublic = tpm.attestationKey().publicArea();
    EnrolledAk ak = Measurement.judge(akPublic);
    Measurement measurement = Measurement.take(tpm, ak, selection, qualifyingData);
    try {
      return new HostQuote(
          Octets.of(akPublic),
          Evidence.builder()
              .quote(measurement.quote().attest(), measurement.quote().signature())
              .pcrValues(measurement.verified().values())
              .build());
    } catch (MalformedEvidenceException e) {
      throw new AttestationFailedException("this host's own evidence cannot be read", e);
    }
  }
}
