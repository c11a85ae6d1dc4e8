// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.RSAPublicKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.DigestInfo;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;

/**
 * A key whose signature of a file a policy takes: RSA of 2048 to 4096 bits, or ECDSA on P-256, P-384
 * or P-521.
 */
public final class ImaSigningKey {
  private static final int MIN_RSA_BITS = 2048;
  private static final int MAX_RSA_BITS = 4096;

  /** How a key computes. */
  private interface Verification {
    boolean verifies(TpmAlg hash, byte[] digest, byte[] signature);
  }

  private final int keyId;
  private final Octets fingerprint;
  private final Verification verification;
  private final Optional<Octets> measurement;

  private ImaSigningKey(
      int keyId, Octets fingerprint, Verification verification, Optional<Octets> measurement) {
    this.keyId = keyId;
    this.fingerprint = fingerprint;
    this.verification = verification;
    this.measurement = measurement;
  }

  /**
   * The key of a SubjectPublicKeyInfo (RFC 5280, 4.1) in DER. Its identifier is that of evmctl: the
   * last four bytes of the SHA-1 of the subjectPublicKey.
   *
   * @throws MalformedEvidenceException if it is none, or of no kind that is taken
   */
  public static ImaSigningKey of(byte[] subjectPublicKeyInfo) throws MalformedEvidenceException {
    try {
      SubjectPublicKeyInfo info = SubjectPublicKeyInfo.getInstance(subjectPublicKeyInfo);
      byte[] sha1 = TpmAlg.SHA1.newDigest().digest(info.getPublicKeyData().getBytes());
      return of(lastFour(sha1), info);
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      throw malformed("imaKey", e);
    }
  }

  /**
   * The key of an X.509 certificate in DER. Its identifier is that of the kernel: the last four bytes
   * of the subjectKeyIdentifier; where there is none, as of a bare key. Nothing else in the
   * certificate is judged, its signature and validity included: the policy names the key.
   *
   * @throws MalformedEvidenceException if it is none, or its key is of no kind that is taken
   */
  public static ImaSigningKey ofCertificate(byte[] certificate) throws MalformedEvidenceException {
    try {
      Certificate parsed = Certificate.getInstance(certificate);
      SubjectPublicKeyInfo info = parsed.getSubjectPublicKeyInfo();
      SubjectKeyIdentifier named =
          parsed.getTBSCertificate().getExtensions() == null
              ? null
              : SubjectKeyIdentifier.fromExtensions(parsed.getTBSCertificate().getExtensions());
      byte[] identifier =
          named == null
              ? TpmAlg.SHA1.newDigest().digest(info.getPublicKeyData().getBytes())
              : named.getKeyIdentifier();
      return of(lastFour(identifier), info);
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      throw malformed("imaKeyCertificate", e);
    }
  }

  private static ImaSigningKey of(int keyId, SubjectPublicKeyInfo info)
      throws IOException, GeneralSecurityException {
    byte[] sha256 = TpmAlg.SHA256.newDigest().digest(info.getEncoded("DER"));
    return new ImaSigningKey(keyId, Octets.of(sha256), verification(info), Optional.empty());
  }

  /**
   * This key, taken only where it was measured into a keyring before the file was: {@code
   * measure func=KEY_CHECK} in the host's IMA policy makes those entries.
   *
   * @param keyring such as {@code .ima}
   * @param sha256 the SHA-256 of what was added, the certificate in DER
   */
  public ImaSigningKey measuredInto(String keyring, Octets sha256) {
    return new ImaSigningKey(
        keyId, fingerprint, verification, Optional.of(measurement(keyring, sha256)));
  }

  /** The number that signatures name the key by. */
  public int keyId() {
    return keyId;
  }

  /** SHA-256 of the SubjectPublicKeyInfo. */
  Octets fingerprint() {
    return fingerprint;
  }

  /** What has to be measured before; absent where nothing has to. */
  Optional<Octets> measurement() {
    return measurement;
  }

  /** A name for a key in a keyring, 32 bytes. */
  static Octets measurement(String keyring, Octets sha256) {
    MessageDigest digest = TpmAlg.SHA256.newDigest();
    digest.update(keyring.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
    sha256.update(digest);
    return Octets.of(digest.digest());
  }

  /** Whether {@code signature} is this key's over a digest. */
  boolean verifies(TpmAlg hash, byte[] digest, byte[] signature) {
    return verification.verifies(hash, digest, signature);
  }

  private static MalformedEvidenceException malformed(String field, Exception e) {
    String actual = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return new MalformedEvidenceException(
        field, 0, "a key of RSA from 2048 bits, or ECDSA on a NIST curve, in DER", actual);
  }

  private static int lastFour(byte[] bytes) {
    if (bytes.length < 4) {
      throw new IllegalArgumentException("key identifier of " + bytes.length + " bytes");
    }
    int at = bytes.length - 4;
    return (bytes[at] & 0xff) << 24
        | (bytes[at + 1] & 0xff) << 16
        | (bytes[at + 2] & 0xff) << 8
        | (bytes[at + 3] & 0xff);
  }

  private static Verification verification(SubjectPublicKeyInfo info)
      throws IOException, GeneralSecurityException {
    ASN1ObjectIdentifier algorithm = info.getAlgorithm().getAlgorithm();
    if (algorithm.equals(PKCSObjectIdentifiers.rsaEncryption)) {
      return rsa(RSAPublicKey.getInstance(info.parsePublicKey()));
    }
    KeyFactory factory = KeyFactory.getInstance("EC");
    ECPublicKey key =
        (ECPublicKey) factory.generatePublic(new X509EncodedKeySpec(info.getEncoded("DER")));
    boolean taken =
        Arrays.stream(TpmCurve.values())
            .anyMatch(
                curve ->
                    curve.parameters().getCurve().equals(key.getParams().getCurve())
                        && curve.contains(key.getW()));
    if (!taken) {
      throw new IllegalArgumentException("an elliptic curve or point that is not taken");
    }
    return (hash, digest, signature) -> ecdsa(factory.getProvider(), key, digest, signature);
  }

  private static boolean ecdsa(
      Provider provider, ECPublicKey key, byte[] digest, byte[] signature) {
    try {
      Signature verification = Signature.getInstance("NONEwithECDSA", provider);
      verification.initVerify(key);
      verification.update(digest);
      return verification.verify(signature);
    } catch (SignatureException e) {
      return false; // providers say so where a signature is no DER
    } catch (NoSuchAlgorithmException | java.security.InvalidKeyException e) {
      throw new IllegalStateException(
          "security provider " + provider.getName() + " cannot verify ECDSA over digests", e);
    }
  }

  private static Verification rsa(RSAPublicKey key) {
    BigInteger modulus = key.getModulus();
    BigInteger exponent = key.getPublicExponent();
    boolean taken =
        modulus.bitLength() >= MIN_RSA_BITS
            && modulus.bitLength() <= MAX_RSA_BITS
            && modulus.testBit(0)
            && exponent.testBit(0)
            && exponent.bitLength() <= 32
            && exponent.compareTo(BigInteger.TWO) > 0;
    if (!taken) {
      throw new IllegalArgumentException(
          "RSA of " + modulus.bitLength() + " bits with exponent " + exponent);
    }
    return (hash, digest, signature) -> rsa(modulus, exponent, hash, digest, signature);
  }

  /** RFC 8017, 8.2.2: encoded messages are compared, not taken apart. */
  private static boolean rsa(
      BigInteger modulus, BigInteger exponent, TpmAlg hash, byte[] digest, byte[] signature) {
    int length = (modulus.bitLength() + 7) / 8;
    BigInteger number = new BigInteger(1, signature);
    if (signature.length != length || number.compareTo(modulus) >= 0) {
      return false;
    }
    BigInteger message = number.modPow(exponent, modulus);
    return message.equals(new BigInteger(1, encodedMessage(hash, digest, length)));
  }

  /** EMSA-PKCS1-v1_5 (RFC 8017, 9.2) of a digest; a modulus from 2048 bits has room for each. */
  private static byte[] encodedMessage(TpmAlg hash, byte[] digest, int length) {
    byte[] info;
    try {
      info =
          new DigestInfo(new AlgorithmIdentifier(oid(hash), DERNull.INSTANCE), digest)
              .getEncoded("DER");
    } catch (IOException e) {
      throw new IllegalStateException("bug: a digest has no encoding", e);
    }
    byte[] message = new byte[length];
    Arrays.fill(message, (byte) 0xff);
    message[0] = 0;
    message[1] = 1;
    message[length - info.length - 1] = 0;
    System.arraycopy(info, 0, message, length - info.length, info.length);
    return message;
  }

  private static ASN1ObjectIdentifier oid(TpmAlg hash) {
    return switch (hash) {
      case SHA256 -> NISTObjectIdentifiers.id_sha256;
      case SHA384 -> NISTObjectIdentifiers.id_sha384;
      case SHA512 -> NISTObjectIdentifiers.id_sha512;
      case SHA3_256 -> NISTObjectIdentifiers.id_sha3_256;
      case SHA3_384 -> NISTObjectIdentifiers.id_sha3_384;
      case SHA3_512 -> NISTObjectIdentifiers.id_sha3_512;
      default -> throw new IllegalStateException("bug: a signature over " + hash);
    };
  }
}
