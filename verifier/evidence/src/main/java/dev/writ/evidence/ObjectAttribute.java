// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.EnumSet;
import java.util.Set;

/** TPMA_OBJECT (Part 2, 8.3): what a TPM lets be done with an object. */
public enum ObjectAttribute {
  /** The hierarchy of the object may not change: it never leaves its TPM. */
  FIXED_TPM(1),
  /** Saved contexts do not survive a TPM Reset. */
  ST_CLEAR(2),
  /** The parent of the object may not change. */
  FIXED_PARENT(4),
  /** The TPM made the sensitive data itself. */
  SENSITIVE_DATA_ORIGIN(5),
  /** User actions may be authorized with an HMAC or a password. */
  USER_WITH_AUTH(6),
  /** Administrative actions need a policy. */
  ADMIN_WITH_POLICY(7),
  /** Usable with this firmware alone. */
  FIRMWARE_LIMITED(8),
  /** Usable with this or a later security version of the firmware. */
  SVN_LIMITED(9),
  /** Not under dictionary attack protection. */
  NO_DA(10),
  /** Duplicated only with inner encryption. */
  ENCRYPTED_DUPLICATION(11),
  /** Signs or decrypts only data of known form: what the TPM made itself. */
  RESTRICTED(16),
  /** Decrypts. */
  DECRYPT(17),
  /** Signs, or encrypts where the key is symmetric. */
  SIGN(18),
  /** Signs X.509 certificates of the TPM alone. */
  X509_SIGN(19);

  private final int mask;

  ObjectAttribute(int bit) {
    this.mask = 1 << bit;
  }

  int mask() {
    return mask;
  }

  static Set<ObjectAttribute> read(TpmReader in) throws MalformedEvidenceException {
    int at = in.position();
    long bits = in.u32("objectAttributes");
    Set<ObjectAttribute> attributes = EnumSet.noneOf(ObjectAttribute.class);
    for (ObjectAttribute attribute : values()) {
      if ((bits & attribute.mask) != 0) {
        attributes.add(attribute);
        bits ^= attribute.mask;
      }
    }
    if (bits != 0) {
      throw in.malformed(
          "objectAttributes", at, "without reserved bits", TpmReader.hex32(bits) + " in them");
    }
    return attributes;
  }

  static long bits(Set<ObjectAttribute> attributes) {
    return attributes.stream().mapToLong(ObjectAttribute::mask).reduce(0, (a, b) -> a | b);
  }
}
