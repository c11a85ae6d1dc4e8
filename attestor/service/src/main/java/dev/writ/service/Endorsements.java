// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AkName;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.evidence.EkChain;
import dev.writ.evidence.EndorsementOutcome;
import dev.writ.evidence.EndorsementVerifier;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.TpmtPublic;
import dev.writ.evidence.TrustedEndorsement;
import dev.writ.ledger.Host;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Optional;

/**
 * What manufacturers say of enrolled hosts' TPMs, verified again from the certificate that enrolment
 * kept: roots are withdrawn and certificates run out while a host stays enrolled.
 *
 * <p>What was found is good for {@link #GOOD_FOR}, since it costs two signatures; that is how late a
 * certificate's end can be noticed.
 */
final class Endorsements {
  static final Duration GOOD_FOR = Duration.ofMinutes(10);

  private final EndorsementVerifier verifier;
  private final Ledger ledger;
  private final InstantSource clock;
  private final Recent<AkName, Verified> kept;

  /** What was found, and when: nothing where the payload was erased. */
  private record Verified(Optional<EndorsementOutcome> endorsement, Instant at) {}

  Endorsements(EndorsementVerifier verifier, Ledger ledger, InstantSource clock, int most) {
    this.verifier = verifier;
    this.ledger = ledger;
    this.clock = clock;
    this.kept = new Recent<>(most);
  }

  /**
   * What verification says of the endorsement of a host's TPM; empty if its certificate was erased, so
   * that nothing can be said.
   */
  Optional<EndorsementOutcome> of(Host host) throws LedgerException {
    Instant now = clock.instant();
    Optional<Verified> verified = kept.get(host.akName());
    if (verified.isPresent() && now.isBefore(verified.get().at().plus(GOOD_FOR))) {
      return verified.get().endorsement();
    }
    Optional<EndorsementOutcome> endorsement = verify(host, now);
    kept.put(host.akName(), new Verified(endorsement, now));
    return endorsement;
  }

  private Optional<EndorsementOutcome> verify(Host host, Instant now) throws LedgerException {
    Optional<byte[]> payload = ledger.payload(host.leafIndex());
    if (payload.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          verify(verifier, Payload.endorsement(payload.get()), host.ekDigest(), now));
    } catch (MalformedEvidenceException | MalformedJsonException e) {
      throw new IllegalStateException("bug: an enrolment's payload was not written by us", e);
    }
  }

  /**
   * What verification says as of a time.
   *
   * @param ekDigest SHA-256 of the key's SubjectPublicKeyInfo, as the ledger knows it
   * @throws MalformedEvidenceException if what was kept is no endorsement
   */
  static EndorsementOutcome verify(
      EndorsementVerifier verifier, Payload.Endorsement kept, Hash ekDigest, Instant at)
      throws MalformedEvidenceException {
    TpmtPublic ek = TpmtPublic.parse(kept.ekPublic().bytes());
    EkChain chain = EkChain.parse(kept.ekChain().bytes());
    EndorsementOutcome outcome = verifier.verify(kept.ekCertificate().bytes(), chain, ek, at);
    // A leaf of an older version does not name its payload: what that says must be of the key that
    // the ledger knows.
    return outcome instanceof TrustedEndorsement trusted && !isOf(trusted, ekDigest)
        ? new EndorsementOutcome.PublicMismatch()
        : outcome;
  }

  /** What a host is told whose TPM's maker took back its word, whatever the policy says of tiers. */
  static Denial revoked(EndorsementOutcome.Revoked revoked) {
    return new Denial(DenialCode.ENVIRONMENT_UNTRUSTED, revoked.reason(), revoked.message());
  }

  private static boolean isOf(TrustedEndorsement endorsement, Hash ekDigest) {
    return Arrays.equals(endorsement.ekDigest().value().bytes(), ekDigest.bytes());
  }
}
