// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Optional;

/** A public key bound to the provider that verifies with it. */
final class SignatureKey {
  private final PublicKeyArea area;
  private final PublicKey key;
  private final Provider provider;

  SignatureKey(PublicKeyArea area, PublicKey key, Provider provider) {
    this.area = area;
    this.key = key;
    this.provider = provider;
  }

  /** The provider that this Java platform prefers for such keys. */
  static Provider platformProvider(PublicKeyArea area) {
    String algorithm = area.type() == TpmAlg.ECC ? "EC" : "RSA";
    try {
      return KeyFactory.getInstance(algorithm).getProvider();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java platform has no " + algorithm + " keys", e);
    }
  }

  /**
   * Whether the numbers of a signature are of the form that this key's signatures have: r and s from
   * 1 to the order less one and no longer than the field (FIPS 186-5, 6.4.2), an RSA signature as
   * long as the modulus (RFC 8017, 8.1.2 and 8.2.2).
   */
  boolean accepts(TpmtSignature signature) {
    if (signature instanceof TpmtSignature.Ecdsa ecdsa) {
      return area instanceof PublicKeyArea.Ecc ecc && ecdsa.p1363(ecc.curve()).isPresent();
    }
    Octets value =
        signature instanceof TpmtSignature.Rsassa rsassa
            ? rsassa.signature()
            : ((TpmtSignature.Rsapss) signature).signature();
    return area instanceof PublicKeyArea.Rsa rsa && value.length() == rsa.keyBits() / 8;
  }

  /** Whether {@code signature} is this key's over {@code message}. */
  boolean verifies(byte[] message, TpmtSignature signature) {
    if (!accepts(signature)) {
      return false;
    }
    String hash = signature.hash().javaDigest();
    String withHash = hash.startsWith("SHA3-") ? hash : hash.replace("-", "");
    if (signature instanceof TpmtSignature.Ecdsa ecdsa && area instanceof PublicKeyArea.Ecc ecc) {
      byte[] der = ecdsa.der(ecc.curve()).orElseThrow();
      return verify(withHash + "withECDSA", Optional.empty(), message, der);
    }
    if (signature instanceof TpmtSignature.Rsassa rsassa) {
      return verify(withHash + "withRSA", Optional.empty(), message, rsassa.signature().bytes());
    }
    TpmtSignature.Rsapss pss = (TpmtSignature.Rsapss) signature;
    int digest = pss.hash().digestBytes();
    // Part 1, B.7: the salt is as long as the digest in TPMs that follow FIPS 186-4, and as long as
    // fits in those before; an encoded message of whole bytes leaves modulus - digest - 2.
    int longest = pss.signature().length() - digest - 2;
    return verifyPss(hash, digest, message, pss) || verifyPss(hash, longest, message, pss);
  }

  private boolean verifyPss(
      String hash, int saltLength, byte[] message, TpmtSignature.Rsapss signature) {
    PSSParameterSpec parameters =
        new PSSParameterSpec(
            hash,
            "MGF1",
            new MGF1ParameterSpec(hash),
            saltLength,
            PSSParameterSpec.TRAILER_FIELD_BC);
    return verify("RSASSA-PSS", Optional.of(parameters), message, signature.signature().bytes());
  }

  private boolean verify(
      String algorithm, Optional<PSSParameterSpec> parameters, byte[] message, byte[] signature) {
    try {
      Signature verification = Signature.getInstance(algorithm, provider);
      verification.initVerify(key);
      if (parameters.isPresent()) {
        verification.setParameter(parameters.get());
      }
      verification.update(message);
      return verification.verify(signature);
    } catch (SignatureException e) {
      // Providers say so, instead of false, where the decrypted block has no form.
      return false;
    } catch (NoSuchAlgorithmException
        | InvalidKeyException
        | InvalidAlgorithmParameterException e) {
      throw new IllegalStateException(
          "security provider " + provider.getName() + " cannot verify " + algorithm, e);
    }
  }
}
