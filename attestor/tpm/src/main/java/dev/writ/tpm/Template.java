// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Set;

/**
 * A TPMT_PUBLIC to make a key from (TPM 2.0 Library Part 2, section 12.2.4).
 *
 * <pre>
 * type(2) nameAlg(2) objectAttributes(4) authPolicy(2B) parameters unique
 * parameters, RSA: symmetric scheme keyBits(2) exponent(4)   unique: 2B modulus
 * parameters, ECC: symmetric scheme curveID(2) kdf           unique: 2B x, 2B y
 * parameters, KEYEDHASH: scheme                              unique: 2B digest
 * </pre>
 */
final class Template {
  static final int ALG_RSA = 0x0001;
  static final int ALG_AES = 0x0006;
  static final int ALG_KEYEDHASH = 0x0008;
  static final int ALG_SHA256 = 0x000b;
  static final int ALG_SHA384 = 0x000c;
  static final int ALG_NULL = 0x0010;
  static final int ALG_ECDSA = 0x0018;
  static final int ALG_ECC = 0x0023;
  static final int ALG_CFB = 0x0043;
  static final int CURVE_NIST_P256 = 0x0003;
  static final int CURVE_NIST_P384 = 0x0004;

  /** TPMA_OBJECT, Part 2 section 8.3. */
  enum Attribute {
    FIXED_TPM(1),
    FIXED_PARENT(4),
    SENSITIVE_DATA_ORIGIN(5),
    USER_WITH_AUTH(6),
    ADMIN_WITH_POLICY(7),
    /** A wrong authorization value is not counted towards dictionary attack lockout. */
    NO_DA(10),
    RESTRICTED(16),
    DECRYPT(17),
    SIGN(18);

    private final int bit;

    Attribute(int bit) {
      this.bit = bit;
    }

    int mask() {
      return 1 << bit;
    }
  }

  /** Offset of objectAttributes in a TPMT_PUBLIC. */
  private static final int ATTRIBUTES_OFFSET = 4;

  private final byte[] withoutUnique;
  private final byte[] unique;

  private Template(byte[] withoutUnique, byte[] unique) {
    this.withoutUnique = withoutUnique;
    this.unique = unique;
  }

  /** A storage key: restricted, decrypting, with AES-CFB for what it wraps, no scheme of its own. */
  static Template rsaStorage(
      int nameAlg, Set<Attribute> attributes, byte[] policy, int aesBits, byte[] uniqueModulus) {
    Wire wire =
        head(ALG_RSA, nameAlg, attributes, policy).aesCfb(aesBits).u16(ALG_NULL).u16(2048).u32(0);
    return new Template(wire.bytes(), new Wire().sized(uniqueModulus).bytes());
  }

  /** As {@link #rsaStorage}, on a curve. */
  static Template eccStorage(
      int nameAlg, Set<Attribute> attributes, byte[] policy, int aesBits, int curve, byte[] xy) {
    Wire wire =
        head(ALG_ECC, nameAlg, attributes, policy)
            .aesCfb(aesBits)
            .u16(ALG_NULL)
            .u16(curve)
            .u16(ALG_NULL);
    return new Template(wire.bytes(), new Wire().sized(xy).sized(xy).bytes());
  }

  /** A P-256 key that signs with ECDSA and SHA-256 and nothing else; empty policy. */
  static Template eccSigning(Set<Attribute> attributes, byte[] uniqueX) {
    return new Template(
        ecdsa(attributes).bytes(), new Wire().sized(uniqueX).sized(new byte[0]).bytes());
  }

  private static Wire ecdsa(Set<Attribute> attributes) {
    return head(ALG_ECC, ALG_SHA256, attributes, new byte[0])
        .u16(ALG_NULL)
        .u16(ALG_ECDSA)
        .u16(ALG_SHA256)
        .u16(CURVE_NIST_P256)
        .u16(ALG_NULL);
  }

  /** A sealed data object: no key, and no use but TPM2_Unseal under {@code policy}. */
  static Template sealedData(Set<Attribute> attributes, byte[] policy) {
    return new Template(
        head(ALG_KEYEDHASH, ALG_SHA256, attributes, policy).u16(ALG_NULL).bytes(),
        new Wire().sized(new byte[0]).bytes());
  }

  /** The whole TPMT_PUBLIC of a P-256 key made elsewhere: ECDSA with SHA-256, empty policy. */
  static byte[] externalVerifying(Set<Attribute> attributes, byte[] x, byte[] y) {
    return ecdsa(attributes).sized(x).sized(y).bytes();
  }

  private static Wire head(int type, int nameAlg, Set<Attribute> attributes, byte[] policy) {
    int mask = attributes.stream().mapToInt(Attribute::mask).reduce(0, (a, b) -> a | b);
    return new Wire().u16(type).u16(nameAlg).u32(mask).sized(policy);
  }

  /** The TPM2B_PUBLIC to give to TPM2_Create and TPM2_CreatePrimary. */
  byte[] tpm2bPublic() {
    return new Wire().sized(new Wire().raw(withoutUnique).raw(unique).bytes()).bytes();
  }

  /** Whether {@code publicArea} (TPMT_PUBLIC) could have been made from this template. */
  boolean made(byte[] publicArea) {
    return publicArea.length > withoutUnique.length
        && ByteBuffer.wrap(withoutUnique)
            .equals(ByteBuffer.wrap(publicArea, 0, withoutUnique.length));
  }

  /** Whether {@code publicArea} (TPMT_PUBLIC) has all of {@code attributes}. */
  static boolean has(byte[] publicArea, Set<Attribute> attributes) {
    int mask = attributes.stream().mapToInt(Attribute::mask).reduce(0, (a, b) -> a | b);
    return publicArea.length >= ATTRIBUTES_OFFSET + Integer.BYTES
        && (ByteBuffer.wrap(publicArea).getInt(ATTRIBUTES_OFFSET) & mask) == mask;
  }

  /** Packed big-endian, as on the wire. */
  static final class Wire {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Wire u16(int value) {
      bytes.write(value >>> 8);
      bytes.write(value);
      return this;
    }

    Wire u32(int value) {
      return u16(value >>> 16).u16(value);
    }

    Wire raw(byte[] value) {
      bytes.writeBytes(value);
      return this;
    }

    /** A TPM2B: length, then bytes. */
    Wire sized(byte[] value) {
      return u16(value.length).raw(value);
    }

    /** TPMT_SYM_DEF_OBJECT for AES in CFB mode. */
    Wire aesCfb(int bits) {
      return u16(ALG_AES).u16(bits).u16(ALG_CFB);
    }

    byte[] bytes() {
      return bytes.toByteArray();
    }
  }
}
