// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.math.BigInteger;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.RSAPublicKeySpec;
import java.util.Collections;
import java.util.Set;

/**
 * TPMT_PUBLIC (Part 2, 12.2.4): the public area of an RSA or ECC key, beside the bytes it was read
 * from.
 *
 * <pre>
 * type(2) nameAlg(2) objectAttributes(4) authPolicy(TPM2B) parameters(by type) unique(by type)
 * </pre>
 *
 * <p>Of the unique part the lengths are checked: an RSA modulus has keyBits, an ECC coordinate at most
 * the field's length. That a point is on its curve is asked where a key is made of it.
 */
public final class TpmtPublic {
  /** Longest TPMT_PUBLIC in bytes, with room to spare for RSA-4096. */
  static final int MAX_BYTES = 1024;

  private static final int MAX_POLICY = 64;

  private final Octets encoded;
  private final TpmAlg nameAlg;
  private final Set<ObjectAttribute> attributes;
  private final Octets authPolicy;
  private final PublicKeyArea key;
  private final TpmName name;

  private TpmtPublic(TpmReader in, byte[] bytes) throws MalformedEvidenceException {
    this.encoded = Octets.of(bytes);
    TpmAlg type = in.oneOf("type", TpmAlg.RSA, TpmAlg.ECC);
    this.nameAlg = in.hash("nameAlg");
    this.attributes = Collections.unmodifiableSet(ObjectAttribute.read(in));
    this.authPolicy = in.tpm2b("authPolicy", MAX_POLICY);
    this.key = type == TpmAlg.RSA ? PublicKeyArea.Rsa.read(in) : PublicKeyArea.Ecc.read(in);
    in.end("public");
    this.name = TpmName.ofObject(nameAlg, bytes);
  }

  /**
   * Parses a bare TPMT_PUBLIC.
   *
   * @throws MalformedEvidenceException if it is none of an RSA or ECC key, or does not end at the end
   */
  public static TpmtPublic parse(byte[] bytes) throws MalformedEvidenceException {
    if (bytes.length > MAX_BYTES) {
      throw new MalformedEvidenceException(
          "public", 0, "at most " + MAX_BYTES + " bytes", bytes.length + " bytes");
    }
    return new TpmtPublic(new TpmReader(bytes), bytes);
  }

  /**
   * Parses a TPM2B_PUBLIC, a TPMT_PUBLIC behind its u16 size, as TPM2_ReadPublic returns it.
   *
   * @throws MalformedEvidenceException if it is none, or does not end at the end
   */
  public static TpmtPublic parseTpm2b(byte[] bytes) throws MalformedEvidenceException {
    return parse(TpmReader.contentOfTpm2b(bytes, "public", MAX_BYTES));
  }

  /** The wire form of a TPMT_PUBLIC with these fields. */
  static byte[] marshal(
      TpmAlg nameAlg, Set<ObjectAttribute> attributes, Octets authPolicy, PublicKeyArea key) {
    TpmWriter out = new TpmWriter();
    out.alg(key.type()).alg(nameAlg).u32(ObjectAttribute.bits(attributes)).tpm2b(authPolicy);
    return out.bytes(key.encode()).toByteArray();
  }

  /** The bytes that were parsed, without a TPM2B size; what names and digests run over. */
  public byte[] bytes() {
    return encoded.bytes();
  }

  /** Hash algorithm of the key's name. */
  public TpmAlg nameAlg() {
    return nameAlg;
  }

  /** What the TPM lets be done with the key. */
  public Set<ObjectAttribute> attributes() {
    return attributes;
  }

  /** Digest of the policy that authorizes use; empty where there is none. */
  public Octets authPolicy() {
    return authPolicy;
  }

  /** Parameters and the key itself. */
  public PublicKeyArea key() {
    return key;
  }

  /** The name: nameAlg and its digest of {@link #bytes}. */
  public TpmName name() {
    return name;
  }

  /**
   * The key for the Java provider that {@code provider} is.
   *
   * @throws InvalidKeySpecException if it is no valid key: a point off its curve, an exponent that is
   *     even or one
   */
  PublicKey toPublicKey(Provider provider) throws InvalidKeySpecException {
    try {
      if (key instanceof PublicKeyArea.Ecc ecc) {
        ECPoint point = ecc.point();
        if (!ecc.curve().contains(point)) {
          throw new InvalidKeySpecException("the point is not on " + ecc.curve());
        }
        return KeyFactory.getInstance("EC", provider)
            .generatePublic(new ECPublicKeySpec(point, ecc.curve().parameters()));
      }
      PublicKeyArea.Rsa rsa = (PublicKeyArea.Rsa) key;
      BigInteger exponent = BigInteger.valueOf(rsa.exponent());
      if (!exponent.testBit(0) || exponent.equals(BigInteger.ONE)) {
        throw new InvalidKeySpecException("the exponent is " + exponent);
      }
      BigInteger modulus = rsa.modulus().unsigned();
      if (modulus.bitLength() != rsa.keyBits() || !modulus.testBit(0)) {
        throw new InvalidKeySpecException(
            "the modulus is no odd number of " + rsa.keyBits() + " bits");
      }
      return KeyFactory.getInstance("RSA", provider)
          .generatePublic(new RSAPublicKeySpec(modulus, exponent));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(
          "security provider " + provider.getName() + " has no key factory for " + key.type(), e);
    }
  }

  /**
   * An ECC key for Java's own provider.
   *
   * @throws MalformedEvidenceException if this is no ECC key, or its point is not on the curve
   */
  public ECPublicKey toEcPublicKey() throws MalformedEvidenceException {
    if (!(key instanceof PublicKeyArea.Ecc)) {
      throw new MalformedEvidenceException("public.type", 0, "ecc", key.type().text());
    }
    try {
      return (ECPublicKey) toPublicKey(SignatureKey.platformProvider(key));
    } catch (InvalidKeySpecException e) {
      throw new MalformedEvidenceException(
          "public.unique",
          encoded.length(),
          "a point on its curve",
          String.valueOf(e.getMessage()));
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TpmtPublic that && encoded.equals(that.encoded);
  }

  @Override
  public int hashCode() {
    return encoded.hashCode();
  }

  @Override
  public String toString() {
    return "TPMT_PUBLIC(" + key.type() + ", name " + name + ")";
  }
}
