// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.Optional;

/** TPMI_ST_ATTEST (Part 2, 10.12.1): what a TPM attests to. */
public enum AttestType {
  /** Content of an NV index, TPM2_NV_Certify. */
  NV(0x8014),
  /** The command audit digest. */
  COMMAND_AUDIT(0x8015),
  /** A session's audit digest. */
  SESSION_AUDIT(0x8016),
  /** An object loaded in this TPM, TPM2_Certify. */
  CERTIFY(0x8017),
  /** PCR values, TPM2_Quote. */
  QUOTE(0x8018),
  /** Time and clock, TPM2_GetTime. */
  TIME(0x8019),
  /** An object's creation, TPM2_CertifyCreation. */
  CREATION(0x801A);

  private final int tag;

  AttestType(int tag) {
    this.tag = tag;
  }

  /** TPM_ST. */
  public int tag() {
    return tag;
  }

  static Optional<AttestType> ofTag(int tag) {
    for (AttestType type : values()) {
      if (type.tag == tag) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
