// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AkName;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Environment;
import dev.writ.artifact.EvidenceBinding;
import dev.writ.artifact.JwkThumbprint;
import dev.writ.evidence.CertifiedKey;
import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.KeyCertificationOutcome;
import dev.writ.evidence.KeyCertificationVerifier;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.StateChange;
import dev.writ.tlog.Hash;
import java.util.Optional;

/** What is known of the key that the artifact would be bound to. */
sealed interface KeyStanding {
  /**
   * It may be.
   *
   * @param storage where it was shown to live
   * @param registration to be committed with the decision, where it was not known before
   */
  record Fit(Environment.KeyStorage storage, Optional<StateChange> registration)
      implements KeyStanding {}

  /** It may not. */
  record Unfit(Denial denial) implements KeyStanding {
    private Unfit(String reason, String message) {
      this(new Denial(DenialCode.RUNTIME_INTEGRITY, reason, message));
    }
  }

  /** Which keys were certified before. */
  @FunctionalInterface
  interface Known {
    /**
     * The thumbprint of the host's key that was certified under this name.
     *
     * @param keyName SHA-256 of its TPM Name
     */
    Optional<Hash> thumbprint(AkName akName, Hash keyName) throws LedgerException;
  }

  /**
   * Judges the key of a request. A certification is verified once for an attestation key and a key name.
   * A key without one is a key in memory, bound by the quote's qualifying data alone.
   *
   * @param jkt the request's
   */
  static KeyStanding of(Evidence evidence, Hash jkt, AkName host, EnrolledAk ak, Known before)
      throws LedgerException {
    Optional<Evidence.KeyCertification> given = evidence.keyCertification();
    if (given.isEmpty()) {
      return new Fit(Environment.KeyStorage.MEMORY, Optional.empty());
    }
    Evidence.KeyCertification certification = given.get();
    Hash keyName = Hash.sha256(certification.key().name().bytes());
    Optional<Hash> known = before.thumbprint(host, keyName);
    if (known.isPresent()) {
      return known.get().equals(jkt)
          ? new Fit(Environment.KeyStorage.TPM, Optional.empty())
          : anotherKey(jkt, known.get());
    }
    KeyCertificationOutcome outcome =
        KeyCertificationVerifier.verify(
            certification, ak, EvidenceBinding.keyCertification(jkt).bytes());
    if (outcome instanceof KeyCertificationOutcome.Refused refused) {
      return new Unfit(refused.reason(), refused.message());
    }
    Hash thumbprint = JwkThumbprint.of(((CertifiedKey) outcome).publicKey());
    return thumbprint.equals(jkt)
        ? new Fit(
            Environment.KeyStorage.TPM,
            Optional.of(new StateChange.RegisterInstanceKey(host, keyName, jkt)))
        : anotherKey(jkt, thumbprint);
  }

  private static KeyStanding anotherKey(Hash requested, Hash certified) {
    return new Unfit(
        "key_thumbprint_mismatch",
        "the certified key must be the request's jkt " + requested + ", was " + certified);
  }
}
