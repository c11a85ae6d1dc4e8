// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import com.sun.jna.ptr.PointerByReference;

/** libtss2-tctildr: the way to the TPM ("TCTI"), chosen by a configuration string. */
final class Tctildr {
  private Tctildr() {}

  /** Opens the TCTI that {@code nameConf} ("name:conf") names. No TPM command. */
  static native int Tss2_TctiLdr_Initialize(String nameConf, PointerByReference context);

  /** Closes the TCTI and clears {@code context}. No TPM command. */
  static native void Tss2_TctiLdr_Finalize(PointerByReference context);
}
