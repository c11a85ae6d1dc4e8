// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.io.IOException;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.bouncycastle.asn1.sec.SECNamedCurves;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.crypto.signers.StandardDSAEncoding;

/** What a key of the inventory is, and what surrounds the module's part of a signature with it. */
public enum KeyAlgorithm {
  /** ECDSA over P-256 with SHA-256, which is made here: CKM_ECDSA takes the digest. */
  P256("P-256", "SHA256withECDSAinP1363Format", Mechanism.ECDSA, 0x1040) { // CKM_EC_KEY_PAIR_GEN
    /** The object identifier 1.2.840.10045.3.1.7: RFC 5480, section 2.1.1.1. */
    @Override
    List<byte[]> curves() {
      return List.of(HexFormat.of().parseHex("06082a8648ce3d030107"));
    }

    @Override
    byte[] toBeSigned(byte[] message) {
      try {
        return MessageDigest.getInstance("SHA-256").digest(message);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java platform has SHA-256; this one has not", e);
      }
    }

    @Override
    int pointBytes() {
      return 1 + SIGNATURE_BYTES;
    }

    /** The point uncompressed: SEC 1, section 2.3.3. */
    @Override
    PublicKey publicKey(byte[] point) throws GeneralSecurityException {
      if (point.length != pointBytes() || point[0] != 4) {
        throw new GeneralSecurityException(
            "CKA_EC_POINT must be an uncompressed point of P-256, was of "
                + point.length
                + " bytes");
      }
      int half = 1 + SIGNATURE_BYTES / 2;
      AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
      parameters.init(new ECGenParameterSpec("secp256r1"));
      return KeyFactory.getInstance("EC")
          .generatePublic(
              new ECPublicKeySpec(
                  new ECPoint(
                      new BigInteger(1, Arrays.copyOfRange(point, 1, half)),
                      new BigInteger(1, Arrays.copyOfRange(point, half, point.length))),
                  parameters.getParameterSpec(ECParameterSpec.class)));
    }
  },

  /** Pure Ed25519: RFC 8032, section 5.1. */
  ED25519("Ed25519", "Ed25519", Mechanism.EDDSA, 0x1055) { // CKM_EC_EDWARDS_KEY_PAIR_GEN
    /** RFC 8410's object identifier, and the PrintableString "edwards25519" of PKCS#11 v3.0. */
    @Override
    List<byte[]> curves() {
      return List.of(
          HexFormat.of().parseHex("06032b6570"),
          HexFormat.of().parseHex("130c656477617264733235353139"));
    }

    @Override
    byte[] toBeSigned(byte[] message) {
      return message;
    }

    @Override
    int pointBytes() {
      return SIGNATURE_BYTES / 2;
    }

    @Override
    PublicKey publicKey(byte[] point) throws GeneralSecurityException {
      if (point.length != pointBytes()) {
        throw new GeneralSecurityException(
            "CKA_EC_POINT must be 32 bytes of an Ed25519 key, was " + point.length);
      }
      // SubjectPublicKeyInfo, RFC 8410, section 4.
      byte[] prefix = HexFormat.of().parseHex("302a300506032b6570032100");
      byte[] spki = Arrays.copyOf(prefix, prefix.length + point.length);
      System.arraycopy(point, 0, spki, prefix.length, point.length);
      return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(spki));
    }
  };

  /** r ‖ s or R ‖ S, 32 bytes each: RFC 7518, section 3.4, and RFC 8032, section 5.1.6. */
  static final int SIGNATURE_BYTES = 64;

  /** RFC 8032, section 5.1.2. */
  static final int EDWARDS_POINT_BYTES = 32;

  private static final BigInteger P256_ORDER =
      SECNamedCurves.getByOID(SECObjectIdentifiers.secp256r1).getN();

  private static final int DER_OCTET_STRING = 4;

  private final String wire;
  private final String jca;
  private final Mechanism mechanism;
  private final long generation;

  KeyAlgorithm(String wire, String jca, Mechanism mechanism, long generation) {
    this.wire = wire;
    this.jca = jca;
    this.mechanism = mechanism;
    this.generation = generation;
  }

  /** The algorithm's name in the inventory. */
  public String wire() {
    return wire;
  }

  Mechanism mechanism() {
    return mechanism;
  }

  /** The CK_MECHANISM_TYPE that makes a key pair. */
  long generation() {
    return generation;
  }

  /** What CKA_EC_PARAMS may be, the usual form first. */
  abstract List<byte[]> curves();

  /** What {@link #mechanism} is given for {@code message}. */
  abstract byte[] toBeSigned(byte[] message);

  /** Whether {@code signature}, in the form in which the mechanism gives it, is over the message. */
  boolean verifies(PublicKey key, byte[] message, byte[] signature)
      throws GeneralSecurityException {
    Signature verifier = Signature.getInstance(jca);
    verifier.initVerify(key);
    verifier.update(message);
    try {
      return signature.length == SIGNATURE_BYTES && verifier.verify(signature);
    } catch (SignatureException e) {
      // How a provider says that numbers are out of range.
      return false;
    }
  }

  /** The length of an encoded point. */
  abstract int pointBytes();

  /** The key of an encoded point, without what is around it in CKA_EC_POINT. */
  abstract PublicKey publicKey(byte[] point) throws GeneralSecurityException;

  /**
   * The key of a CKA_EC_POINT: the DER of an OCTET STRING with the encoded point (PKCS#11 v2.40, Current
   * Mechanisms, section 2.3.3), or with some tokens the point by itself.
   */
  PublicKey publicKeyOf(byte[] ecPoint) throws GeneralSecurityException {
    // By the length: a raw point may begin as an OCTET STRING does.
    boolean wrapped =
        ecPoint.length == pointBytes() + 2
            && ecPoint[0] == DER_OCTET_STRING
            && ecPoint[1] == pointBytes();
    return publicKey(wrapped ? Arrays.copyOfRange(ecPoint, 2, ecPoint.length) : ecPoint);
  }

  /** The encoded point of an Ed25519 key (RFC 8032, section 5.1.2). */
  static byte[] edwardsPoint(EdECPublicKey key) {
    // The last field of its SubjectPublicKeyInfo (RFC 8410, section 4).
    byte[] spki = key.getEncoded();
    return Arrays.copyOfRange(spki, spki.length - EDWARDS_POINT_BYTES, spki.length);
  }

  /** The DER form of ECDSA's r ‖ s: Ecdsa-Sig-Value, RFC 3279, section 2.2.3. */
  static byte[] der(byte[] signature) {
    int half = SIGNATURE_BYTES / 2;
    try {
      return StandardDSAEncoding.INSTANCE.encode(
          P256_ORDER,
          new BigInteger(1, Arrays.copyOf(signature, half)),
          new BigInteger(1, Arrays.copyOfRange(signature, half, SIGNATURE_BYTES)));
    } catch (IOException e) {
      throw new IllegalStateException("two numbers must have a DER form", e);
    }
  }
}
