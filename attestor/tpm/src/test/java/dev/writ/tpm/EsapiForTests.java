// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import com.sun.jna.Pointer;

/** TPM commands that only an administrator or a manufacturer gives. */
final class EsapiForTests {
  static final int ESYS_TR_RH_LOCKOUT = 0x10a;

  private EsapiForTests() {}

  static {
    try {
      NativeLibraries.load();
      NativeLibraries.bind(EsapiForTests.class, "libtss2-esys.so.0", "libtss2-esys-3.0.2-0");
    } catch (TpmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** TPM2_Clear. */
  static native int Esys_Clear(
      Pointer esysContext, int authHandle, int shandle1, int shandle2, int shandle3);

  /** TPM2_HierarchyChangeAuth. */
  static native int Esys_HierarchyChangeAuth(
      Pointer esysContext,
      int authHandle,
      int shandle1,
      int shandle2,
      int shandle3,
      Pointer newAuth);

  /** TPM2_NV_UndefineSpace. */
  static native int Esys_NV_UndefineSpace(
      Pointer esysContext, int authHandle, int nvIndex, int shandle1, int shandle2, int shandle3);

  /** TPM2_NV_Write. */
  static native int Esys_NV_Write(
      Pointer esysContext,
      int authHandle,
      int nvIndex,
      int shandle1,
      int shandle2,
      int shandle3,
      Pointer data,
      short offset);

  /** TPM2_DictionaryAttackParameters. */
  static native int Esys_DictionaryAttackParameters(
      Pointer esysContext,
      int lockHandle,
      int shandle1,
      int shandle2,
      int shandle3,
      int newMaxTries,
      int newRecoveryTime,
      int lockoutRecovery);

  /** Tells the context an authorization value. No TPM command. */
  static native int Esys_TR_SetAuth(Pointer esysContext, int handle, Pointer authValue);
}
