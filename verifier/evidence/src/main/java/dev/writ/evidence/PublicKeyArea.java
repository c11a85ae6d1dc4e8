// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.security.spec.ECPoint;
import java.util.Optional;

/**
 * TPMU_PUBLIC_PARMS and TPMU_PUBLIC_ID (Part 2, 12.2.3) of an asymmetric key: parameters, and the
 * key itself.
 */
public sealed interface PublicKeyArea {
  /** {@link TpmAlg#RSA} or {@link TpmAlg#ECC}. */
  TpmAlg type();

  /** How a restricted decryption key protects its children; absent in every other key. */
  Optional<Symmetric> symmetric();

  /** The scheme the key is bound to; {@link TpmAlg#NULL} where it is bound to none. */
  Scheme scheme();

  /** The wire form. */
  byte[] encode();

  /**
   * The key as certificates hold it, a SubjectPublicKeyInfo (RFC 5280, 4.1) in DER, of algorithm
   * rsaEncryption or id-ecPublicKey on a named curve with an uncompressed point: one form for one
   * key, whatever computes with it.
   */
  byte[] subjectPublicKeyInfo();

  /**
   * TPMT_SYM_DEF_OBJECT that is not NULL.
   *
   * @param algorithm AES
   * @param keyBits 128, 192 or 256
   * @param mode CFB
   */
  record Symmetric(TpmAlg algorithm, int keyBits, TpmAlg mode) {
    static Optional<Symmetric> read(TpmReader in) throws MalformedEvidenceException {
      TpmAlg algorithm = in.oneOf("symmetric", TpmAlg.NULL, TpmAlg.AES);
      if (algorithm == TpmAlg.NULL) {
        return Optional.empty();
      }
      int at = in.position();
      int keyBits = in.u16("symmetric.keyBits");
      if (keyBits != 128 && keyBits != 192 && keyBits != 256) {
        throw in.malformed("symmetric.keyBits", at, "128, 192 or 256", Integer.toString(keyBits));
      }
      return Optional.of(new Symmetric(algorithm, keyBits, in.oneOf("symmetric.mode", TpmAlg.CFB)));
    }

    static void write(Optional<Symmetric> symmetric, TpmWriter out) {
      symmetric.ifPresentOrElse(
          s -> out.alg(s.algorithm).u16(s.keyBits).alg(s.mode), () -> out.alg(TpmAlg.NULL));
    }
  }

  /**
   * TPMT_RSA_SCHEME, TPMT_ECC_SCHEME or TPMT_KDF_SCHEME.
   *
   * @param algorithm the scheme, or NULL
   * @param hash its hash; absent where the scheme has none
   */
  record Scheme(TpmAlg algorithm, Optional<TpmAlg> hash) {
    static Scheme read(TpmReader in, String field, TpmAlg... allowed)
        throws MalformedEvidenceException {
      TpmAlg algorithm = in.oneOf(field, allowed);
      return algorithm == TpmAlg.NULL || algorithm == TpmAlg.RSAES
          ? new Scheme(algorithm, Optional.empty())
          : new Scheme(algorithm, Optional.of(in.hash(field + ".hash")));
    }

    void write(TpmWriter out) {
      out.alg(algorithm);
      hash.ifPresent(out::alg);
    }

    @Override
    public String toString() {
      return algorithm.text() + hash.map(h -> "-" + h.text()).orElse("");
    }
  }

  /**
   * An RSA key.
   *
   * @param symmetric of a storage key
   * @param scheme RSASSA, RSAPSS, OAEP, RSAES or NULL
   * @param keyBits 1024, 2048, 3072 or 4096
   * @param wireExponent as written: zero stands for 65537
   * @param modulus of exactly keyBits / 8 bytes
   */
  record Rsa(
      Optional<Symmetric> symmetric, Scheme scheme, int keyBits, long wireExponent, Octets modulus)
      implements PublicKeyArea {
    private static final int MAX_MODULUS = 512;
    private static final long DEFAULT_EXPONENT = 65537;

    static Rsa read(TpmReader in) throws MalformedEvidenceException {
      Optional<Symmetric> symmetric = Symmetric.read(in);
      Scheme scheme =
          Scheme.read(
              in, "scheme", TpmAlg.NULL, TpmAlg.RSASSA, TpmAlg.RSAPSS, TpmAlg.OAEP, TpmAlg.RSAES);
      int bitsAt = in.position();
      int keyBits = in.u16("keyBits");
      if (keyBits != 1024 && keyBits != 2048 && keyBits != 3072 && keyBits != 4096) {
        throw in.malformed("keyBits", bitsAt, "1024, 2048, 3072 or 4096", "" + keyBits);
      }
      long exponent = in.u32("exponent");
      int modulusAt = in.position();
      Octets modulus = in.tpm2b("unique.rsa", MAX_MODULUS);
      if (modulus.length() != keyBits / 8) {
        throw in.malformed(
            "unique.rsa", modulusAt, keyBits / 8 + " bytes", modulus.length() + " bytes");
      }
      return new Rsa(symmetric, scheme, keyBits, exponent, modulus);
    }

    /** The public exponent. */
    public long exponent() {
      return wireExponent == 0 ? DEFAULT_EXPONENT : wireExponent;
    }

    @Override
    public byte[] subjectPublicKeyInfo() {
      return SubjectPublicKeys.info(this);
    }

    @Override
    public TpmAlg type() {
      return TpmAlg.RSA;
    }

    @Override
    public byte[] encode() {
      TpmWriter out = new TpmWriter();
      Symmetric.write(symmetric, out);
      scheme.write(out);
      return out.u16(keyBits).u32(wireExponent).tpm2b(modulus).toByteArray();
    }
  }

  /**
   * An ECC key.
   *
   * @param symmetric of a storage key
   * @param scheme ECDSA, ECDH or NULL
   * @param curve the curve
   * @param kdf NULL in every key that TPMs make
   * @param x first coordinate, 1 to the field's length in bytes
   * @param y second coordinate, likewise
   */
  record Ecc(
      Optional<Symmetric> symmetric, Scheme scheme, TpmCurve curve, Scheme kdf, Octets x, Octets y)
      implements PublicKeyArea {
    static Ecc read(TpmReader in) throws MalformedEvidenceException {
      Optional<Symmetric> symmetric = Symmetric.read(in);
      Scheme scheme = Scheme.read(in, "scheme", TpmAlg.NULL, TpmAlg.ECDSA, TpmAlg.ECDH);
      int curveAt = in.position();
      int id = in.u16("curveID");
      TpmCurve curve =
          TpmCurve.ofId(id)
              .orElseThrow(
                  () ->
                      in.malformed(
                          "curveID", curveAt, "P-256, P-384 or P-521", TpmReader.hex16(id)));
      Scheme kdf =
          Scheme.read(
              in, "kdf", TpmAlg.NULL, TpmAlg.MGF1, TpmAlg.KDF1_SP800_56A, TpmAlg.KDF1_SP800_108);
      return new Ecc(
          symmetric,
          scheme,
          curve,
          kdf,
          coordinate(in, "unique.ecc.x", curve),
          coordinate(in, "unique.ecc.y", curve));
    }

    private static Octets coordinate(TpmReader in, String field, TpmCurve curve)
        throws MalformedEvidenceException {
      int at = in.position();
      Octets value = in.tpm2b(field, curve.fieldBytes());
      if (value.length() == 0) {
        throw in.malformed(field, at, "1 to " + curve.fieldBytes() + " bytes", "empty");
      }
      return value;
    }

    /** The point, not yet known to be on the curve. */
    public ECPoint point() {
      return new ECPoint(x.unsigned(), y.unsigned());
    }

    @Override
    public byte[] subjectPublicKeyInfo() {
      return SubjectPublicKeys.info(this);
    }

    @Override
    public TpmAlg type() {
      return TpmAlg.ECC;
    }

    @Override
    public byte[] encode() {
      TpmWriter out = new TpmWriter();
      Symmetric.write(symmetric, out);
      scheme.write(out);
      out.u16(curve.id());
      kdf.write(out);
      return out.tpm2b(x).tpm2b(y).toByteArray();
    }
  }
}
