// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * An attestation key in software that signs whatever it is given, so that each refusal is shown on
 * evidence that is otherwise valid.
 */
final class SoftwareAk {
  static final Set<ObjectAttribute> AK_ATTRIBUTES =
      EnumSet.of(
          ObjectAttribute.FIXED_TPM,
          ObjectAttribute.FIXED_PARENT,
          ObjectAttribute.SENSITIVE_DATA_ORIGIN,
          ObjectAttribute.USER_WITH_AUTH,
          ObjectAttribute.RESTRICTED,
          ObjectAttribute.SIGN);

  private static final KeyPair RSA_2048 = generateRsa(2048);

  private final PrivateKey privateKey;
  private final TpmAlg hash;
  final TpmtPublic publicArea;

  private SoftwareAk(KeyPair pair, TpmtPublic publicArea) {
    this.privateKey = pair.getPrivate();
    this.publicArea = publicArea;
    this.hash = publicArea.key().scheme().hash().orElseThrow();
  }

  static SoftwareAk p256() {
    return ecc(TpmCurve.P256, TpmAlg.SHA256);
  }

  static SoftwareAk ecc(TpmCurve curve, TpmAlg hash) {
    KeyPair pair = generateEcc(curve);
    PublicKeyArea area = eccArea(pair, curve, Optional.empty(), scheme(TpmAlg.ECDSA, hash));
    return new SoftwareAk(pair, publicArea(TpmAlg.SHA256, AK_ATTRIBUTES, area));
  }

  static SoftwareAk rsa(TpmAlg scheme) {
    return rsa(scheme, TpmAlg.SHA256);
  }

  static SoftwareAk rsa(TpmAlg scheme, TpmAlg hash) {
    return rsa(RSA_2048, scheme, hash);
  }

  static SoftwareAk rsa(KeyPair pair, TpmAlg scheme, TpmAlg hash) {
    PublicKeyArea area = rsaArea(pair, Optional.empty(), scheme(scheme, hash));
    return new SoftwareAk(pair, publicArea(TpmAlg.SHA256, AK_ATTRIBUTES, area));
  }

  static PublicKeyArea.Scheme scheme(TpmAlg algorithm, TpmAlg hash) {
    return new PublicKeyArea.Scheme(algorithm, Optional.of(hash));
  }

  static PublicKeyArea.Scheme noScheme() {
    return new PublicKeyArea.Scheme(TpmAlg.NULL, Optional.empty());
  }

  static PublicKeyArea eccArea(
      KeyPair pair,
      TpmCurve curve,
      Optional<PublicKeyArea.Symmetric> symmetric,
      PublicKeyArea.Scheme scheme) {
    ECPublicKey key = (ECPublicKey) pair.getPublic();
    return new PublicKeyArea.Ecc(
        symmetric,
        scheme,
        curve,
        noScheme(),
        Octets.of(curve.fieldElement(key.getW().getAffineX())),
        Octets.of(curve.fieldElement(key.getW().getAffineY())));
  }

  static PublicKeyArea rsaArea(
      KeyPair pair, Optional<PublicKeyArea.Symmetric> symmetric, PublicKeyArea.Scheme scheme) {
    RSAPublicKey key = (RSAPublicKey) pair.getPublic();
    byte[] modulus = key.getModulus().toByteArray();
    int bits = key.getModulus().bitLength();
    return new PublicKeyArea.Rsa(
        symmetric,
        scheme,
        bits,
        0,
        Octets.of(Arrays.copyOfRange(modulus, modulus.length - bits / 8, modulus.length)));
  }

  static TpmtPublic publicArea(TpmAlg nameAlg, Set<ObjectAttribute> attributes, PublicKeyArea key) {
    return parsed(TpmtPublic.marshal(nameAlg, attributes, Octets.EMPTY, key));
  }

  static TpmtPublic parsed(byte[] tpmtPublic) {
    try {
      return TpmtPublic.parse(tpmtPublic);
    } catch (MalformedEvidenceException e) {
      throw new AssertionError(e);
    }
  }

  static KeyPair generateEcc(TpmCurve curve) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec(curve.javaName()));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  static KeyPair generateRsa(int bits) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(bits);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  EnrolledAk enrolled() {
    return (EnrolledAk) EnrolledAk.of(publicArea);
  }

  /** Signs as the key's scheme says, whatever {@code message} is. */
  TpmtSignature sign(byte[] message) {
    return sign(message, hash);
  }

  /** Signs with another hash than the scheme's. */
  TpmtSignature sign(byte[] message, TpmAlg otherHash) {
    String name = otherHash.javaDigest().replace("-", "");
    return switch (publicArea.key().scheme().algorithm()) {
      case ECDSA -> {
        byte[] p1363 = raw(name + "withECDSAinP1363Format", Optional.empty(), message);
        int half = p1363.length / 2;
        yield new TpmtSignature.Ecdsa(
            otherHash,
            Octets.copyOfRange(p1363, 0, half),
            Octets.copyOfRange(p1363, half, p1363.length));
      }
      case RSASSA ->
          new TpmtSignature.Rsassa(
              otherHash, Octets.of(raw(name + "withRSA", Optional.empty(), message)));
      default -> signPss(message, otherHash.digestBytes());
    };
  }

  TpmtSignature signPss(byte[] message, int saltLength) {
    PSSParameterSpec parameters =
        new PSSParameterSpec(
            hash.javaDigest(), "MGF1", new MGF1ParameterSpec(hash.javaDigest()), saltLength, 1);
    return new TpmtSignature.Rsapss(
        hash, Octets.of(raw("RSASSA-PSS", Optional.of(parameters), message)));
  }

  private byte[] raw(String algorithm, Optional<PSSParameterSpec> parameters, byte[] message) {
    try {
      Signature signer = Signature.getInstance(algorithm);
      signer.initSign(privateKey);
      if (parameters.isPresent()) {
        signer.setParameter(parameters.get());
      }
      signer.update(message);
      return signer.sign();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}
