// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;

/**
 * The algorithms of the TCG Algorithm Registry that this package reads (TPM_ALG_ID, Part 2, 6.3).
 *
 * <p>Any other identifier in a structure is malformed: what cannot be judged is not parsed.
 */
public enum TpmAlg {
  /** RSA keys. */
  RSA(0x0001, "rsa"),
  /** SHA-1, which is read and never believed. */
  SHA1(0x0004, "sha1", 20, "SHA-1"),
  /** AES. */
  AES(0x0006, "aes"),
  /** MGF1, a mask generation function. */
  MGF1(0x0007, "mgf1"),
  /** SHA-256. */
  SHA256(0x000B, "sha256", 32, "SHA-256"),
  /** SHA-384. */
  SHA384(0x000C, "sha384", 48, "SHA-384"),
  /** SHA-512. */
  SHA512(0x000D, "sha512", 64, "SHA-512"),
  /** No algorithm. */
  NULL(0x0010, "null"),
  /** RSASSA-PKCS1-v1_5 signatures. */
  RSASSA(0x0014, "rsassa"),
  /** RSAES-PKCS1-v1_5 encryption. */
  RSAES(0x0015, "rsaes"),
  /** RSASSA-PSS signatures. */
  RSAPSS(0x0016, "rsapss"),
  /** RSAES-OAEP encryption. */
  OAEP(0x0017, "oaep"),
  /** ECDSA signatures. */
  ECDSA(0x0018, "ecdsa"),
  /** Elliptic-curve Diffie-Hellman. */
  ECDH(0x0019, "ecdh"),
  /** KDF of SP 800-56A, called KDFe in Part 1. */
  KDF1_SP800_56A(0x0020, "kdf1_sp800_56a"),
  /** KDF in counter mode of SP 800-108, called KDFa in Part 1. */
  KDF1_SP800_108(0x0022, "kdf1_sp800_108"),
  /** Elliptic-curve keys. */
  ECC(0x0023, "ecc"),
  /** SHA3-256. */
  SHA3_256(0x0027, "sha3_256", 32, "SHA3-256"),
  /** SHA3-384. */
  SHA3_384(0x0028, "sha3_384", 48, "SHA3-384"),
  /** SHA3-512. */
  SHA3_512(0x0029, "sha3_512", 64, "SHA3-512"),
  /** Cipher feedback mode. */
  CFB(0x0043, "cfb");

  private final int id;
  private final String text;
  private final int digestBytes;
  private final String javaDigest;

  TpmAlg(int id, String text) {
    this(id, text, 0, "");
  }

  TpmAlg(int id, String text, int digestBytes, String javaDigest) {
    this.id = id;
    this.text = text;
    this.digestBytes = digestBytes;
    this.javaDigest = javaDigest;
  }

  /** The algorithm with this TPM_ALG_ID, if it is one of these. */
  public static Optional<TpmAlg> ofId(int id) {
    for (TpmAlg alg : values()) {
      if (alg.id == id) {
        return Optional.of(alg);
      }
    }
    return Optional.empty();
  }

  /** The hash algorithm with this text, such as {@code sha256}; names of PCR banks are these. */
  public static Optional<TpmAlg> ofHashText(String text) {
    for (TpmAlg alg : values()) {
      if (alg.isHash() && alg.text.equals(text)) {
        return Optional.of(alg);
      }
    }
    return Optional.empty();
  }

  /** TPM_ALG_ID. */
  public int id() {
    return id;
  }

  /** The name in texts, such as {@code sha256}, as tpm2-tools spell it. */
  public String text() {
    return text;
  }

  /** Whether this is a hash algorithm. */
  public boolean isHash() {
    return digestBytes > 0;
  }

  /**
   * Length of a digest in bytes.
   *
   * @throws IllegalStateException if this is no hash algorithm
   */
  public int digestBytes() {
    return requireHash().digestBytes;
  }

  /**
   * A new digest of this hash algorithm.
   *
   * @throws IllegalStateException if this is no hash algorithm
   */
  public MessageDigest newDigest() {
    try {
      return MessageDigest.getInstance(requireHash().javaDigest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java platform lacks " + javaDigest, e);
    }
  }

  /** The name that Java gives to this hash, such as {@code SHA-256}. */
  String javaDigest() {
    return requireHash().javaDigest;
  }

  private TpmAlg requireHash() {
    if (!isHash()) {
      throw new IllegalStateException("bug: " + text + " is used as a hash and is none");
    }
    return this;
  }

  @Override
  public String toString() {
    return text;
  }
}
