// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import dev.writ.tpm.Template.Attribute;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;

/**
 * A sealed data object (TPM 2.0 Library Part 1, section 27.7.3) as it may lie in a file: only the TPM that
 * made it gives out what is in it, and only under a policy that its approver signed for that TPM.
 *
 * <p>Its authPolicy is TPM2_PolicyAuthorize(approver, policyRef), and nothing else authorizes its use: it
 * has no authorization value that would do (userWithAuth is clear), stays under its parent in its TPM, and
 * takes no part in dictionary attack lockout, since there is nothing to guess.
 *
 * <p>policyRef = SHA-256("writ-sealed-pin-v1" ‖ 0x00 ‖ SHA-256(name of the parent)). The parent's name
 * differs in each TPM, so that no signature for one host does for another, whose counter may well have
 * the same value.
 */
public final class SealedData {
  /** What a TPM seals in one object, in bytes (MAX_SYM_DATA of the PC Client profile). */
  public static final int MAX_SECRET_BYTES = 128;

  /** A TPM2B_PRIVATE of a sealed data object has some 100 bytes more than what is in it. */
  public static final int MAX_PRIVATE_BYTES = 1024;

  private static final byte[] LABEL = "writ-sealed-pin-v1\0".getBytes(StandardCharsets.US_ASCII);

  private final byte[] publicArea;
  private final byte[] wrappedPrivate;
  private final byte[] parentName;
  private final ApproverKey approver;

  private SealedData(
      byte[] publicArea, byte[] wrappedPrivate, byte[] parentName, ApproverKey approver) {
    this.publicArea = publicArea;
    this.wrappedPrivate = wrappedPrivate;
    this.parentName = parentName;
    this.approver = approver;
  }

  /**
   * The object as it lay in a file.
   *
   * @param publicArea its TPMT_PUBLIC
   * @param wrappedPrivate the content of its TPM2B_PRIVATE, encrypted by the TPM
   * @param parentName the name of the storage root key above it
   * @throws TpmException if it is no sealed data object of this approver's under this parent
   */
  public static SealedData of(
      byte[] publicArea, byte[] wrappedPrivate, byte[] parentName, ApproverKey approver)
      throws TpmException {
    if (!template(approver, parentName).made(publicArea)) {
      throw TpmException.content(
          "a sealed object must have the approver's policy and no other way to its content, and has"
              + " not: it was altered, or another program made it");
    }
    if (wrappedPrivate.length > MAX_PRIVATE_BYTES) {
      throw TpmException.content(
          String.format(
              "a sealed object's private part must be at most %d bytes, was %d",
              MAX_PRIVATE_BYTES, wrappedPrivate.length));
    }
    return new SealedData(publicArea.clone(), wrappedPrivate.clone(), parentName.clone(), approver);
  }

  static Template template(ApproverKey approver, byte[] parentName) {
    return Template.sealedData(
        EnumSet.of(
            Attribute.FIXED_TPM,
            Attribute.FIXED_PARENT,
            Attribute.ADMIN_WITH_POLICY,
            Attribute.NO_DA),
        PolicyDigest.authorize(approver.name(), policyRef(parentName)).bytes());
  }

  private static byte[] policyRef(byte[] parentName) {
    return PolicyDigest.sha256(
        new Template.Wire().raw(LABEL).raw(PolicyDigest.sha256(parentName)).bytes());
  }

  /** Its TPMT_PUBLIC. */
  public byte[] publicArea() {
    return publicArea.clone();
  }

  /** The content of its TPM2B_PRIVATE. */
  public byte[] wrappedPrivate() {
    return wrappedPrivate.clone();
  }

  /** The name of the storage root key above it. */
  public byte[] parentName() {
    return parentName.clone();
  }

  /** Whose signature a policy needs. */
  public ApproverKey approver() {
    return approver;
  }

  byte[] policyRef() {
    return policyRef(parentName);
  }

  /**
   * What the approver signs, with ECDSA and SHA-256, so that this may be unsealed under {@code policy}:
   * its digest, then policyRef (TPM2_PolicyAuthorize's aHash is the hash of that), 64 bytes.
   */
  public byte[] statement(UnsealPolicy policy) {
    return new Template.Wire().raw(policy.digestBytes()).raw(policyRef()).bytes();
  }
}
