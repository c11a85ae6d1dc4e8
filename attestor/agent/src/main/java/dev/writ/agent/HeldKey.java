// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.EvidenceBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.JwkThumbprint;
import dev.writ.artifact.OutcomeClaims;
import dev.writ.artifact.OutcomeState;
import dev.writ.artifact.OutcomeStatement;
import dev.writ.artifact.ParentProof;
import dev.writ.artifact.Possession;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.TpmtPublic;
import dev.writ.tlog.Hash;
import dev.writ.tpm.InstanceKey;
import dev.writ.tpm.SignedAttest;
import dev.writ.tpm.TpmException;
import java.security.interfaces.ECPublicKey;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** The instance key that artifacts are bound to, and what its holder signs with it. */
final class HeldKey implements AutoCloseable {
  private final InstanceKey key;
  private final ECPublicKey publicKey;
  private final Hash jkt;
  private final ChannelKey channel;

  /** Made when it is first asked for: who shows an artifact that it has needs none. */
  @GuardedBy("this")
  private @Nullable SignedAttest certification;

  /** Closes the key when it is closed. */
  HeldKey(InstanceKey key) throws AttestationFailedException {
    this.key = key;
    this.publicKey = ecPublicKey(key.publicArea());
    this.jkt = JwkThumbprint.of(publicKey);
    this.channel = ChannelKey.inTpm(publicKey, key);
  }

  private static ECPublicKey ecPublicKey(byte[] publicArea) throws AttestationFailedException {
    try {
      return TpmtPublic.parse(publicArea).toEcPublicKey();
    } catch (MalformedEvidenceException e) {
      throw new AttestationFailedException("the instance key cannot be read", e);
    }
  }

  Hash jkt() {
    return jkt;
  }

  /** For connections of whoever holds it. */
  ChannelKey channel() {
    return channel;
  }

  byte[] publicArea() {
    return key.publicArea();
  }

  /** The attestation key's word for it. */
  synchronized SignedAttest certification() throws TpmException {
    if (certification == null) {
      certification = key.certify(EvidenceBinding.keyCertification(jkt).bytes());
    }
    return certification;
  }

  /** As {@link Attester#prove}. */
  ParentProof prove(Artifact parent, Challenge challenge, ExecutionRequest request)
      throws TpmException {
    if (!parent.claims().jkt().equals(jkt)) {
      throw new IllegalArgumentException(
          "the parent must be of this host's instance key, and is of another");
    }
    byte[] message =
        ParentProof.message(Hash.of(challenge.nonce().bytes()), request.digest(), request.jkt());
    return new ParentProof(parent, publicKey, signed(message));
  }

  /** As {@link Attester#possess}. */
  Possession possess(Hash nonce, Hash artifactDigest, String audience) throws TpmException {
    return new Possession(
        publicKey, nonce, signed(Possession.message(nonce, artifactDigest, audience)));
  }

  /** As {@link Attester#outcome}. */
  OutcomeStatement outcome(Artifact artifact, OutcomeState state, Instant at) throws TpmException {
    byte[] signingInput =
        OutcomeStatement.signingInput(
            new OutcomeStatement.Signer.Holder(publicKey),
            new OutcomeClaims(
                artifact.claims().jti(),
                artifact.digest(),
                state,
                at.truncatedTo(ChronoUnit.MILLIS)));
    return OutcomeStatement.assemble(signingInput, signed(signingInput));
  }

  private byte[] signed(byte[] message) throws TpmException {
    return key.signP1363(Hash.sha256(message).bytes());
  }

  /** Frees its slot in the TPM; it stays in its file. */
  @Override
  public void close() {
    key.close();
  }
}
