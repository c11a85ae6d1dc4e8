// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import com.sun.jna.Pointer;

/**
 * libtss2-mu: between a structure in the C compiler's layout and its wire bytes.
 *
 * <p>Every function returns a TSS2_RC and sends no TPM command. {@code offset} is a {@code size_t *}:
 * where to start, and afterwards where the structure ended.
 */
final class Mu {
  private Mu() {}

  /** TPM2B_ATTEST to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_ATTEST_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPM2B_ATTEST from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_ATTEST_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPM2B_DATA to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_DATA_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPM2B_DATA from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_DATA_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPM2B_DIGEST to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_DIGEST_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPM2B_DIGEST from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_DIGEST_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPM2B_ENCRYPTED_SECRET to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_ENCRYPTED_SECRET_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPM2B_ENCRYPTED_SECRET from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_ENCRYPTED_SECRET_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPM2B_ID_OBJECT to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_ID_OBJECT_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPM2B_ID_OBJECT from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_ID_OBJECT_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPM2B_MAX_NV_BUFFER to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_MAX_NV_BUFFER_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPM2B_MAX_NV_BUFFER from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_MAX_NV_BUFFER_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPM2B_NAME to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_NAME_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPM2B_NAME from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_NAME_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPM2B_NV_PUBLIC to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_NV_PUBLIC_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPM2B_NV_PUBLIC from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_NV_PUBLIC_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPM2B_PRIVATE to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_PRIVATE_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPM2B_PRIVATE from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_PRIVATE_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPM2B_PUBLIC to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_PUBLIC_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPM2B_PUBLIC from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_PUBLIC_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPM2B_SENSITIVE_CREATE to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_SENSITIVE_CREATE_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPM2B_SENSITIVE_CREATE from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_SENSITIVE_CREATE_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPM2B_SENSITIVE_DATA to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_SENSITIVE_DATA_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPM2B_SENSITIVE_DATA from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPM2B_SENSITIVE_DATA_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPML_DIGEST to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPML_DIGEST_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPML_DIGEST from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPML_DIGEST_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPML_DIGEST_VALUES to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPML_DIGEST_VALUES_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPML_DIGEST_VALUES from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPML_DIGEST_VALUES_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPML_PCR_SELECTION to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPML_PCR_SELECTION_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPML_PCR_SELECTION from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPML_PCR_SELECTION_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPMS_ATTEST to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPMS_ATTEST_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPMS_ATTEST from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPMS_ATTEST_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPMS_CAPABILITY_DATA to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPMS_CAPABILITY_DATA_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPMS_CAPABILITY_DATA from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPMS_CAPABILITY_DATA_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPMS_TIME_INFO to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPMS_TIME_INFO_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPMS_TIME_INFO from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPMS_TIME_INFO_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPMT_PUBLIC to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPMT_PUBLIC_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPMT_PUBLIC from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPMT_PUBLIC_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPMT_SIGNATURE to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPMT_SIGNATURE_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPMT_SIGNATURE from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPMT_SIGNATURE_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPMT_SIG_SCHEME to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPMT_SIG_SCHEME_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPMT_SIG_SCHEME from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPMT_SIG_SCHEME_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPMT_SYM_DEF to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPMT_SYM_DEF_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPMT_SYM_DEF from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPMT_SYM_DEF_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPMT_TK_HASHCHECK to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPMT_TK_HASHCHECK_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPMT_TK_HASHCHECK from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPMT_TK_HASHCHECK_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);

  /** TPMT_TK_VERIFIED to wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPMT_TK_VERIFIED_Marshal(
      Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);

  /** TPMT_TK_VERIFIED from wire bytes (TPM 2.0 Library Part 2). */
  static native int Tss2_MU_TPMT_TK_VERIFIED_Unmarshal(
      Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);
}
