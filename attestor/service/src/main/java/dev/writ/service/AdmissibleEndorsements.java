// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.DenialCode;
import dev.writ.evidence.EkChain;
import dev.writ.evidence.EndorsementOutcome;
import dev.writ.evidence.EndorsementVerifier;
import dev.writ.evidence.Octets;
import dev.writ.evidence.TpmtPublic;
import dev.writ.evidence.TrustedEndorsement;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.Set;

/** Which endorsements a host may enrol with. */
final class AdmissibleEndorsements {
  private static final Set<TrustedEndorsement.Finding> OVER =
      EnumSet.of(TrustedEndorsement.Finding.EXPIRED, TrustedEndorsement.Finding.CHAIN_EXPIRED);

  private final EndorsementVerifier verifier;
  private final EnrolmentTerms terms;
  private final InstantSource clock;

  AdmissibleEndorsements(EndorsementVerifier verifier, EnrolmentTerms terms, InstantSource clock) {
    this.verifier = verifier;
    this.terms = terms;
    this.clock = clock;
  }

  /**
   * What a maker says of the TPM.
   *
   * @throws DeniedException if none vouches for it, or none does any more and that is demanded
   */
  @CanIgnoreReturnValue
  TrustedEndorsement require(Octets certificate, EkChain chain, TpmtPublic ek) {
    EndorsementOutcome outcome = verifier.verify(certificate.bytes(), chain, ek, clock.instant());
    if (outcome instanceof EndorsementOutcome.Refused refused) {
      throw untrusted(refused.reason(), refused.message());
    }
    TrustedEndorsement trusted = (TrustedEndorsement) outcome;
    if (!terms.admitsExpired() && trusted.findings().stream().anyMatch(OVER::contains)) {
      throw untrusted(
          "ek_expired",
          "the endorsement's validity must not have ended, was until " + trusted.notAfter());
    }
    return trusted;
  }

  private static DeniedException untrusted(String reason, String message) {
    return new DeniedException(new Denial(DenialCode.ENVIRONMENT_UNTRUSTED, reason, message));
  }
}
