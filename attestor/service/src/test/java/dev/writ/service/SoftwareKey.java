// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.JwkThumbprint;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.TpmName;
import dev.writ.evidence.TpmtPublic;
import dev.writ.fixtures.SoftwareTpmKey;
import dev.writ.tlog.Hash;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;

/** A {@link SoftwareTpmKey} in the verifier's types. */
record SoftwareKey(SoftwareTpmKey tpmKey) {
  static final int SHA256 = SoftwareTpmKey.SHA256;
  static final int SHA384 = SoftwareTpmKey.SHA384;
  static final int SHA3_256 = SoftwareTpmKey.SHA3_256;

  static SoftwareKey attestation() {
    return new SoftwareKey(SoftwareTpmKey.attestation());
  }

  static SoftwareKey attestation(int nameAlg, int schemeHash) {
    return new SoftwareKey(SoftwareTpmKey.attestation(nameAlg, schemeHash));
  }

  static SoftwareKey instance() {
    return new SoftwareKey(SoftwareTpmKey.instance());
  }

  static SoftwareKey rsaAttestation() {
    return new SoftwareKey(SoftwareTpmKey.rsaAttestation());
  }

  TpmtPublic publicArea() {
    return parse(tpmKey.publicArea());
  }

  TpmName name() {
    return publicArea().name();
  }

  Hash thumbprint() {
    return JwkThumbprint.of((ECPublicKey) tpmKey.publicKey());
  }

  /** TPMT_SIGNATURE. */
  byte[] sign(byte[] message) {
    return tpmKey.sign(message);
  }

  static TpmtPublic parse(byte[] area) {
    try {
      return TpmtPublic.parse(area);
    } catch (MalformedEvidenceException e) {
      throw new AssertionError(e);
    }
  }

  ECPublicKey publicKey() {
    return (ECPublicKey) tpmKey.publicKey();
  }

  /** r ‖ s over the SHA-256, as JWS carries it. */
  byte[] signP1363(byte[] message) {
    return tpmKey.signRaw(message);
  }

  static byte[] signP1363(KeyPair pair, byte[] message) {
    try {
      Signature signer = Signature.getInstance("SHA256withECDSAinP1363Format");
      signer.initSign(pair.getPrivate());
      signer.update(message);
      return signer.sign();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}
