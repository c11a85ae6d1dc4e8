// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.evidence.EkChain;
import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.Octets;
import dev.writ.evidence.TpmtPublic;
import dev.writ.tpm.EndorsementKeyKind;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;

/** Has a host's attestation key enrolled: the endorsement key shows that both are in this TPM. */
final class HostEnrolment {
  private final Tpm tpm;
  private final ServiceEndpoint service;
  private final Patience patience;
  private final EnrolledAk attestationKey;

  HostEnrolment(Tpm tpm, ServiceEndpoint service, Patience patience, EnrolledAk attestationKey) {
    this.tpm = tpm;
    this.service = service;
    this.patience = patience;
    this.attestationKey = attestationKey;
  }

  /**
   * Enrols with the endorsement key of the first kind that has a certificate.
   *
   * @param invitation the secret of an {@link Invitation} to this host, if it has one
   */
  Answer<Enrolled> enrol(String host, Optional<Octets> invitation)
      throws TpmException, IOException, AttestationFailedException {
    for (EndorsementKeyKind kind : Attester.PREFERENCE) {
      Optional<byte[]> certificate = tpm.endorsementCertificate(kind);
      if (certificate.isPresent()) {
        return enrol(host, kind, certificate.get(), invitation);
      }
    }
    throw new AttestationFailedException(
        "the TPM must hold an endorsement certificate at one of the NV indices of the TCG EK"
            + " Credential Profile, and holds none: ask its manufacturer for it");
  }

  /** Enrols with the endorsement key of {@code kind}. */
  Answer<Enrolled> enrol(String host, EndorsementKeyKind kind, Optional<Octets> invitation)
      throws TpmException, IOException, AttestationFailedException {
    Optional<byte[]> certificate = tpm.endorsementCertificate(kind);
    if (certificate.isEmpty()) {
      throw new AttestationFailedException(
          String.format(
              "the TPM must hold a certificate for %s at NV index 0x%08x, and holds none",
              kind.name().toLowerCase(Locale.ROOT), kind.certificateIndex()));
    }
    return enrol(host, kind, certificate.get(), invitation);
  }

  private Answer<Enrolled> enrol(
      String host, EndorsementKeyKind kind, byte[] certificate, Optional<Octets> invitation)
      throws TpmException, IOException, AttestationFailedException {
    EnrolmentRequest request =
        new EnrolmentRequest(
            host,
            Octets.of(certificate),
            endorsementChain(),
            parse(tpm.endorsementKey(kind).publicArea()),
            attestationKey.publicArea(),
            invitation);
    Answer<EnrolmentChallenge> answer = patience.ask(() -> service.enrol(request));
    if (answer instanceof Answer.Denied<EnrolmentChallenge> denied) {
      return denied.retyped();
    }
    EnrolmentChallenge challenge = ((Answer.Granted<EnrolmentChallenge>) answer).value();
    byte[] secret =
        tpm.activateCredential(
            kind,
            challenge.credential().tpm2bIdObject(),
            challenge.credential().tpm2bEncryptedSecret());
    Answer<Enrolled> enrolled =
        patience.ask(() -> service.activate(challenge.session(), Octets.of(secret)));
    if (enrolled instanceof Answer.Granted<Enrolled> granted
        && !granted.value().akCertificate().isEmpty()) {
      AkCertificateCheck.require(attestationKey, granted.value());
    }
    return enrolled;
  }

  /**
   * It helps to find a path and vouches for nothing: what cannot be read is left out, be it too long,
   * under another authorization, never written, or no certificates.
   */
  private EkChain endorsementChain() {
    try {
      return EkChain.parse(tpm.endorsementChain());
    } catch (TpmException | MalformedEvidenceException e) {
      return EkChain.NONE;
    }
  }

  private static TpmtPublic parse(byte[] publicArea) throws AttestationFailedException {
    try {
      return TpmtPublic.parse(publicArea);
    } catch (MalformedEvidenceException e) {
      throw new AttestationFailedException("a key of this TPM cannot be read", e);
    }
  }
}
