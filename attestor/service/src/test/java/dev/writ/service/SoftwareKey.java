// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.JwkThumbprint;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.TpmName;
import dev.writ.evidence.TpmtPublic;
import dev.writ.tlog.Hash;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;

/** A P-256 or RSA key of a {@link SoftwareHost} with the public area that a TPM would give it. */
final class SoftwareKey {
  static final int SHA256 = 0x000b;
  static final int SHA384 = 0x000c;
  static final int SHA3_256 = 0x0027;

  private static final int NULL = 0x0010;
  private static final int RSA = 0x0001;
  private static final int ECC = 0x0023;
  private static final int RSASSA = 0x0014;
  private static final int ECDSA = 0x0018;
  private static final int RSA_BITS = 2048;
  private static final int COORDINATE_BYTES = 32;

  // TPMA_OBJECT (Part 2, 8.3): fixedTPM, fixedParent, sensitiveDataOrigin; the others by name.
  private static final int MADE_HERE = 1 << 1 | 1 << 4 | 1 << 5;
  private static final int USER_WITH_AUTH = 1 << 6;
  private static final int ADMIN_WITH_POLICY = 1 << 7;
  private static final int RESTRICTED = 1 << 16;
  private static final int DECRYPT = 1 << 17;
  private static final int SIGN = 1 << 18;

  private final KeyPair pair;
  private final TpmtPublic publicArea;
  private final int schemeHash;

  private SoftwareKey(KeyPair pair, TpmtPublic publicArea, int schemeHash) {
    this.pair = pair;
    this.publicArea = publicArea;
    this.schemeHash = schemeHash;
  }

  static SoftwareKey attestation() {
    return attestation(SHA256, SHA256);
  }

  static SoftwareKey attestation(int nameAlg, int schemeHash) {
    return signing(nameAlg, schemeHash, MADE_HERE | USER_WITH_AUTH | RESTRICTED | SIGN);
  }

  static SoftwareKey instance() {
    return signing(SHA256, SHA256, MADE_HERE | USER_WITH_AUTH | SIGN);
  }

  private static SoftwareKey signing(int nameAlg, int schemeHash, int attributes) {
    KeyPair pair = SoftwareHost.newKeyPair();
    Wire parameters = new Wire().u16(NULL).u16(ECDSA).u16(schemeHash);
    return new SoftwareKey(
        pair,
        publicArea(nameAlg, attributes, parameters, (ECPublicKey) pair.getPublic()),
        schemeHash);
  }

  /** Template L-2 of the EK Credential Profile, without its policy: AES-128 in CFB, no scheme. */
  static TpmtPublic endorsement(ECPublicKey key) {
    return publicArea(
        SHA256,
        MADE_HERE | ADMIN_WITH_POLICY | RESTRICTED | DECRYPT,
        new Wire().u16(0x0006).u16(128).u16(0x0043).u16(NULL),
        key);
  }

  /** An RSA-2048 attestation key, RSASSA with SHA-256 and the default exponent. */
  static SoftwareKey rsaAttestation() {
    KeyPair pair = newRsaPair();
    byte[] modulus = ((RSAPublicKey) pair.getPublic()).getModulus().toByteArray();
    Wire wire = new Wire().u16(RSA).u16(SHA256);
    wire.u32(MADE_HERE | USER_WITH_AUTH | RESTRICTED | SIGN).sized(new byte[0]);
    wire.u16(NULL).u16(RSASSA).u16(SHA256).u16(RSA_BITS).u32(0);
    wire.sized(Arrays.copyOfRange(modulus, modulus.length - RSA_BITS / 8, modulus.length));
    return new SoftwareKey(pair, parsed(wire), SHA256);
  }

  private static KeyPair newRsaPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(RSA_BITS);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** TPMT_PUBLIC (Part 2, 12.2.4) on TPM_ECC_NIST_P256, without a KDF. */
  private static TpmtPublic publicArea(
      int nameAlg, int attributes, Wire parameters, ECPublicKey key) {
    Wire wire = new Wire().u16(ECC).u16(nameAlg).u32(attributes).sized(new byte[0]);
    wire.bytes(parameters.toByteArray()).u16(0x0003).u16(NULL);
    wire.sized(coordinate(key.getW().getAffineX())).sized(coordinate(key.getW().getAffineY()));
    return parsed(wire);
  }

  private static TpmtPublic parsed(Wire wire) {
    try {
      return TpmtPublic.parse(wire.toByteArray());
    } catch (MalformedEvidenceException e) {
      throw new AssertionError(e);
    }
  }

  TpmtPublic publicArea() {
    return publicArea;
  }

  TpmName name() {
    return publicArea.name();
  }

  Hash thumbprint() {
    return JwkThumbprint.of((ECPublicKey) pair.getPublic());
  }

  /** TPMT_SIGNATURE (Part 2, 11.3.4) of the key's scheme. */
  byte[] sign(byte[] message) {
    try {
      if (pair.getPublic() instanceof RSAPublicKey) {
        byte[] signature = sign("SHA256withRSA", message);
        return new Wire().u16(RSASSA).u16(SHA256).sized(signature).toByteArray();
      }
      String hash = schemeHash == SHA384 ? "SHA384" : "SHA256";
      byte[] rs = sign(hash + "withECDSAinP1363Format", message);
      return new Wire()
          .u16(ECDSA)
          .u16(schemeHash)
          .sized(Arrays.copyOfRange(rs, 0, COORDINATE_BYTES))
          .sized(Arrays.copyOfRange(rs, COORDINATE_BYTES, rs.length))
          .toByteArray();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private byte[] sign(String algorithm, byte[] message) throws GeneralSecurityException {
    Signature signer = Signature.getInstance(algorithm);
    signer.initSign(pair.getPrivate());
    signer.update(message);
    return signer.sign();
  }

  static byte[] coordinate(BigInteger number) {
    byte[] bytes = number.toByteArray();
    byte[] fixed = new byte[COORDINATE_BYTES];
    int length = Math.min(bytes.length, fixed.length);
    System.arraycopy(bytes, bytes.length - length, fixed, fixed.length - length, length);
    return fixed;
  }
}
