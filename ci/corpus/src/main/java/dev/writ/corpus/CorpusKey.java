// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.fixtures.Wire;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

/**
 * A key in software that signs whatever it is given, with the TPMT_PUBLIC (Part 2, 12.2.4) that says
 * whatever is wanted of it. Written from the specification, without the codec under test.
 */
final class CorpusKey {
  // TPM_ALG_ID.
  static final int RSA = 0x0001;
  static final int SHA1 = 0x0004;
  static final int SHA256 = 0x000b;
  static final int SHA384 = 0x000c;
  static final int SHA512 = 0x000d;
  static final int NULL = 0x0010;
  static final int RSASSA = 0x0014;
  static final int RSAPSS = 0x0016;
  static final int ECDSA = 0x0018;
  static final int ECC = 0x0023;

  // TPMA_OBJECT (Part 2, 8.3).
  static final int FIXED_TPM = 1 << 1;
  static final int FIXED_PARENT = 1 << 4;
  static final int SENSITIVE_DATA_ORIGIN = 1 << 5;
  static final int USER_WITH_AUTH = 1 << 6;
  static final int RESTRICTED = 1 << 16;
  static final int DECRYPT = 1 << 17;
  static final int SIGN = 1 << 18;
  static final int INSTANCE =
      FIXED_TPM | FIXED_PARENT | SENSITIVE_DATA_ORIGIN | USER_WITH_AUTH | SIGN;
  static final int ATTESTATION = INSTANCE | RESTRICTED;

  /** Keys of one kind are one key: making RSA keys takes long, and what differs is said of them. */
  private static final Map<Kind, KeyPair> PAIRS = new EnumMap<>(Kind.class);

  /** A kind of key, with TPM_ECC_CURVE and length of a coordinate, or with length of a modulus. */
  enum Kind {
    P256("secp256r1", 3, 32),
    P384("secp384r1", 4, 48),
    P521("secp521r1", 5, 66),
    RSA_1024("", 1024, 128),
    RSA_2048("", 2048, 256);

    private final String curve;
    private final int parameter;
    private final int bytes;

    Kind(String curve, int parameter, int bytes) {
      this.curve = curve;
      this.parameter = parameter;
      this.bytes = bytes;
    }

    boolean isRsa() {
      return curve.isEmpty();
    }

    private KeyPair generate() {
      try {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(isRsa() ? "RSA" : "EC");
        if (isRsa()) {
          generator.initialize(parameter);
        } else {
          generator.initialize(new ECGenParameterSpec(curve));
        }
        return generator.generateKeyPair();
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("every Java must have " + this, e);
      }
    }
  }

  /**
   * What a public area says.
   *
   * @param exponent of an RSA key, as written: zero stands for 65537
   * @param unique modulus, or both coordinates, as long as they are written
   */
  record Area(
      Kind kind,
      int nameAlg,
      int attributes,
      int scheme,
      int hash,
      long exponent,
      byte[][] unique) {
    Area withNameAlg(int other) {
      return new Area(kind, other, attributes, scheme, hash, exponent, unique);
    }

    Area with(int set) {
      return new Area(kind, nameAlg, attributes | set, scheme, hash, exponent, unique);
    }

    Area without(int cleared) {
      return new Area(kind, nameAlg, attributes & ~cleared, scheme, hash, exponent, unique);
    }

    Area withExponent(long other) {
      return new Area(kind, nameAlg, attributes, scheme, hash, other, unique);
    }

    Area withUnique(byte[]... other) {
      return new Area(kind, nameAlg, attributes, scheme, hash, exponent, other);
    }

    Area withCurveOf(Kind other) {
      return new Area(other, nameAlg, attributes, scheme, hash, exponent, unique);
    }

    /** TPMT_PUBLIC. */
    byte[] encode() {
      Wire wire = new Wire().u16(kind.isRsa() ? RSA : ECC).u16(nameAlg).u32(attributes);
      wire.sized(new byte[0]).u16(NULL).u16(scheme).u16(hash).u16(kind.parameter);
      if (kind.isRsa()) {
        wire.u32((int) exponent);
      } else {
        wire.u16(NULL);
      }
      for (byte[] part : unique) {
        wire.sized(part);
      }
      return wire.toByteArray();
    }

    /** Algorithm and digest of the public area (Part 1, 16). */
    byte[] name() {
      return nameOf(nameAlg, encode());
    }
  }

  private final PrivateKey privateKey;
  private final PublicKey publicKey;
  final Area area;

  private CorpusKey(KeyPair pair, Area area) {
    this.privateKey = pair.getPrivate();
    this.publicKey = pair.getPublic();
    this.area = area;
  }

  /** A restricted key on P-256 that signs with ECDSA and SHA-256, and is no other's. */
  static CorpusKey attestation() {
    return new CorpusKey(Kind.P256, Kind.P256.generate(), ATTESTATION, ECDSA, SHA256);
  }

  /** The same of another kind; two of one kind share their key. */
  static CorpusKey attestation(Kind kind, int scheme, int hash) {
    return new CorpusKey(kind, pair(kind), ATTESTATION, scheme, hash);
  }

  /** A key without restriction, as a workload's is. */
  static CorpusKey instance() {
    return new CorpusKey(Kind.P256, Kind.P256.generate(), INSTANCE, ECDSA, SHA256);
  }

  private CorpusKey(Kind kind, KeyPair pair, int attributes, int scheme, int hash) {
    this(pair, new Area(kind, SHA256, attributes, scheme, hash, 0, unique(kind, pair.getPublic())));
  }

  /** This key with another public area. */
  CorpusKey saying(Area other) {
    return new CorpusKey(new KeyPair(publicKey, privateKey), other);
  }

  private static synchronized KeyPair pair(Kind kind) {
    return PAIRS.computeIfAbsent(kind, Kind::generate);
  }

  private static byte[][] unique(Kind kind, PublicKey key) {
    if (key instanceof RSAPublicKey rsa) {
      return new byte[][] {fixed(rsa.getModulus(), kind.bytes)};
    }
    ECPublicKey ec = (ECPublicKey) key;
    return new byte[][] {
      fixed(ec.getW().getAffineX(), kind.bytes), fixed(ec.getW().getAffineY(), kind.bytes)
    };
  }

  static byte[] fixed(BigInteger number, int bytes) {
    byte[] minimal = number.toByteArray();
    byte[] out = new byte[bytes];
    int length = Math.min(minimal.length, bytes);
    System.arraycopy(minimal, minimal.length - length, out, bytes - length, length);
    return out;
  }

  PublicKey publicKey() {
    return publicKey;
  }

  /** TPMT_SIGNATURE (Part 2, 11.3.4) of the key's scheme. */
  byte[] sign(byte[] message) {
    return sign(message, area.hash);
  }

  /** The same with another hash than the scheme's. */
  byte[] sign(byte[] message, int hash) {
    if (area.scheme == RSAPSS) {
      return signPss(message, hash, digestBytes(hash));
    }
    if (area.scheme == RSASSA) {
      return encoded(RSASSA, hash, raw(javaName(hash).replace("-", "") + "withRSA", message));
    }
    byte[] signature = rawEcdsa(message, hash);
    int half = signature.length / 2;
    return ecdsa(hash, Arrays.copyOf(signature, half), tail(signature, half));
  }

  /** RSASSA-PSS with a salt of this length. */
  byte[] signPss(byte[] message, int hash, int salt) {
    PSSParameterSpec parameters =
        new PSSParameterSpec(
            javaName(hash), "MGF1", new MGF1ParameterSpec(javaName(hash)), salt, 1);
    try {
      Signature engine = Signature.getInstance("RSASSA-PSS");
      engine.setParameter(parameters);
      return encoded(RSAPSS, hash, signed(engine, message));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java must have RSASSA-PSS", e);
    }
  }

  /** r ‖ s. */
  byte[] rawEcdsa(byte[] message, int hash) {
    return raw(javaName(hash).replace("-", "") + "withECDSAinP1363Format", message);
  }

  /** ECDSA in DER, as it is in files. */
  byte[] derEcdsa(byte[] message, int hash) {
    return raw(javaName(hash).replace("-", "") + "withECDSA", message);
  }

  static byte[] ecdsa(int hash, byte[] r, byte[] s) {
    return new Wire().u16(ECDSA).u16(hash).sized(r).sized(s).toByteArray();
  }

  /** The TPMT_SIGNATURE of an RSA scheme. */
  static byte[] encoded(int scheme, int hash, byte[] signature) {
    return new Wire().u16(scheme).u16(hash).sized(signature).toByteArray();
  }

  private byte[] raw(String algorithm, byte[] message) {
    try {
      return signed(Signature.getInstance(algorithm), message);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java must have " + algorithm, e);
    }
  }

  private byte[] signed(Signature engine, byte[] message) throws GeneralSecurityException {
    engine.initSign(privateKey);
    engine.update(message);
    return engine.sign();
  }

  static byte[] tail(byte[] bytes, int from) {
    return Arrays.copyOfRange(bytes, from, bytes.length);
  }

  static byte[] nameOf(int nameAlg, byte[] content) {
    return new Wire().u16(nameAlg).bytes(digest(nameAlg, content)).toByteArray();
  }

  static byte[] digest(int hash, byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance(javaName(hash));
      for (byte[] part : parts) {
        digest.update(part);
      }
      return digest.digest();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java must have " + javaName(hash), e);
    }
  }

  static int digestBytes(int hash) {
    return digest(hash).length;
  }

  private static String javaName(int hash) {
    return switch (hash) {
      case SHA1 -> "SHA-1";
      case SHA256 -> "SHA-256";
      case SHA384 -> "SHA-384";
      case SHA512 -> "SHA-512";
      default -> throw new IllegalArgumentException("no hash of the corpus: " + hash);
    };
  }
}
