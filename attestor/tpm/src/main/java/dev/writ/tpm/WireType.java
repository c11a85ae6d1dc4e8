// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import com.google.errorprone.annotations.Immutable;
import com.sun.jna.Pointer;

/** The TPM structures that cross the native boundary; each constant is its C name. */
enum WireType {
  TPM2B_ATTEST(Mu::Tss2_MU_TPM2B_ATTEST_Marshal, Mu::Tss2_MU_TPM2B_ATTEST_Unmarshal),
  TPM2B_DATA(Mu::Tss2_MU_TPM2B_DATA_Marshal, Mu::Tss2_MU_TPM2B_DATA_Unmarshal),
  TPM2B_DIGEST(Mu::Tss2_MU_TPM2B_DIGEST_Marshal, Mu::Tss2_MU_TPM2B_DIGEST_Unmarshal),
  TPM2B_ENCRYPTED_SECRET(
      Mu::Tss2_MU_TPM2B_ENCRYPTED_SECRET_Marshal, Mu::Tss2_MU_TPM2B_ENCRYPTED_SECRET_Unmarshal),
  TPM2B_ID_OBJECT(Mu::Tss2_MU_TPM2B_ID_OBJECT_Marshal, Mu::Tss2_MU_TPM2B_ID_OBJECT_Unmarshal),
  TPM2B_MAX_NV_BUFFER(
      Mu::Tss2_MU_TPM2B_MAX_NV_BUFFER_Marshal, Mu::Tss2_MU_TPM2B_MAX_NV_BUFFER_Unmarshal),
  TPM2B_NAME(Mu::Tss2_MU_TPM2B_NAME_Marshal, Mu::Tss2_MU_TPM2B_NAME_Unmarshal),
  TPM2B_NV_PUBLIC(Mu::Tss2_MU_TPM2B_NV_PUBLIC_Marshal, Mu::Tss2_MU_TPM2B_NV_PUBLIC_Unmarshal),
  TPM2B_PRIVATE(Mu::Tss2_MU_TPM2B_PRIVATE_Marshal, Mu::Tss2_MU_TPM2B_PRIVATE_Unmarshal),
  TPM2B_PUBLIC(Mu::Tss2_MU_TPM2B_PUBLIC_Marshal, Mu::Tss2_MU_TPM2B_PUBLIC_Unmarshal),
  TPM2B_SENSITIVE_CREATE(
      Mu::Tss2_MU_TPM2B_SENSITIVE_CREATE_Marshal, Mu::Tss2_MU_TPM2B_SENSITIVE_CREATE_Unmarshal),
  TPM2B_SENSITIVE_DATA(
      Mu::Tss2_MU_TPM2B_SENSITIVE_DATA_Marshal, Mu::Tss2_MU_TPM2B_SENSITIVE_DATA_Unmarshal),
  TPML_DIGEST(Mu::Tss2_MU_TPML_DIGEST_Marshal, Mu::Tss2_MU_TPML_DIGEST_Unmarshal),
  TPML_DIGEST_VALUES(
      Mu::Tss2_MU_TPML_DIGEST_VALUES_Marshal, Mu::Tss2_MU_TPML_DIGEST_VALUES_Unmarshal),
  TPML_PCR_SELECTION(
      Mu::Tss2_MU_TPML_PCR_SELECTION_Marshal, Mu::Tss2_MU_TPML_PCR_SELECTION_Unmarshal),
  TPMS_ATTEST(Mu::Tss2_MU_TPMS_ATTEST_Marshal, Mu::Tss2_MU_TPMS_ATTEST_Unmarshal),
  TPMS_CAPABILITY_DATA(
      Mu::Tss2_MU_TPMS_CAPABILITY_DATA_Marshal, Mu::Tss2_MU_TPMS_CAPABILITY_DATA_Unmarshal),
  TPMS_TIME_INFO(Mu::Tss2_MU_TPMS_TIME_INFO_Marshal, Mu::Tss2_MU_TPMS_TIME_INFO_Unmarshal),
  TPMT_PUBLIC(Mu::Tss2_MU_TPMT_PUBLIC_Marshal, Mu::Tss2_MU_TPMT_PUBLIC_Unmarshal),
  TPMT_SIGNATURE(Mu::Tss2_MU_TPMT_SIGNATURE_Marshal, Mu::Tss2_MU_TPMT_SIGNATURE_Unmarshal),
  TPMT_SIG_SCHEME(Mu::Tss2_MU_TPMT_SIG_SCHEME_Marshal, Mu::Tss2_MU_TPMT_SIG_SCHEME_Unmarshal),
  TPMT_SYM_DEF(Mu::Tss2_MU_TPMT_SYM_DEF_Marshal, Mu::Tss2_MU_TPMT_SYM_DEF_Unmarshal),
  TPMT_TK_HASHCHECK(Mu::Tss2_MU_TPMT_TK_HASHCHECK_Marshal, Mu::Tss2_MU_TPMT_TK_HASHCHECK_Unmarshal),
  TPMT_TK_VERIFIED(Mu::Tss2_MU_TPMT_TK_VERIFIED_Marshal, Mu::Tss2_MU_TPMT_TK_VERIFIED_Unmarshal);

  /** {@code Tss2_MU_…_Marshal}. */
  @Immutable
  interface Marshal {
    int call(Pointer src, Pointer buffer, SizeT bufferSize, Pointer offset);
  }

  /** {@code Tss2_MU_…_Unmarshal}. */
  @Immutable
  interface Unmarshal {
    int call(Pointer buffer, SizeT bufferSize, Pointer offset, Pointer dest);
  }

  private final Marshal marshal;
  private final Unmarshal unmarshal;

  WireType(Marshal marshal, Unmarshal unmarshal) {
    this.marshal = marshal;
    this.unmarshal = unmarshal;
  }

  Marshal marshal() {
    return marshal;
  }

  Unmarshal unmarshal() {
    return unmarshal;
  }
}
