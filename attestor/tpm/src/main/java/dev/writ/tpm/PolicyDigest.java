// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/**
 * The digest of a policy with SHA-256, as a TPM's session arrives at it: 32 zeros, which each command
 * extends (TPM 2.0 Library Part 1, section 19.7; Part 3, section 23).
 */
record PolicyDigest(byte[] bytes) {
  static final int BYTES = 32;

  private static final int CC_POLICY_NV = 0x00000149;
  private static final int CC_POLICY_AUTHORIZE = 0x0000016a;
  private static final int CC_POLICY_PCR = 0x0000017f;

  /** Before the first command. */
  static PolicyDigest start() {
    return new PolicyDigest(new byte[BYTES]);
  }

  /**
   * TPM2_PolicyPCR: H(old ‖ TPM_CC_PolicyPCR ‖ pcrs ‖ digestTPM), section 23.7.
   *
   * @param selection TPML_PCR_SELECTION
   * @param pcrDigest {@link #ofPcrs}
   */
  PolicyDigest pcr(byte[] selection, byte[] pcrDigest) {
    return extended(wire(CC_POLICY_PCR).raw(selection).raw(pcrDigest));
  }

  /**
   * TPM2_PolicyNV: H(old ‖ TPM_CC_PolicyNV ‖ H(operandB ‖ offset ‖ operation) ‖ name), section 23.9; from
   * the index' first byte on.
   */
  PolicyDigest nv(byte[] operand, int operation, byte[] nvName) {
    byte[] arguments = new Template.Wire().raw(operand).u16(0).u16(operation).bytes();
    return extended(wire(CC_POLICY_NV).raw(sha256(arguments)).raw(nvName));
  }

  /**
   * TPM2_PolicyAuthorize: H(H(0… ‖ TPM_CC_PolicyAuthorize ‖ keySign) ‖ policyRef), section 23.16: what was
   * signed is left out.
   */
  static PolicyDigest authorize(byte[] keyName, byte[] policyRef) {
    PolicyDigest signer = start().extended(wire(CC_POLICY_AUTHORIZE).raw(keyName));
    return signer.extended(new Template.Wire().raw(policyRef));
  }

  /** The digest of PCR values in the order of a selection. */
  static byte[] ofPcrs(List<byte[]> values) {
    Template.Wire all = new Template.Wire();
    for (byte[] value : values) {
      all = all.raw(value);
    }
    return sha256(all.bytes());
  }

  /** The name of an object or index with nameAlg SHA-256: nameAlg, digest (Part 1, section 16). */
  static byte[] name(byte[] publicArea) {
    return new Template.Wire().u16(Template.ALG_SHA256).raw(sha256(publicArea)).bytes();
  }

  static byte[] sha256(byte[] data) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(data);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256; this one has not", e);
    }
  }

  private static Template.Wire wire(int commandCode) {
    return new Template.Wire().u32(commandCode);
  }

  private PolicyDigest extended(Template.Wire by) {
    return new PolicyDigest(sha256(new Template.Wire().raw(bytes).raw(by.bytes()).bytes()));
  }
}
