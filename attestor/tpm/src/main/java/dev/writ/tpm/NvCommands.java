// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import static dev.writ.tpm.Esapi.ESYS_TR_NONE;
import static dev.writ.tpm.Esapi.ESYS_TR_PASSWORD;
import static dev.writ.tpm.Esapi.ESYS_TR_RH_OWNER;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;

/** The commands on NV indices, as {@link Commands} are those on keys. */
final class NvCommands {
  private static final byte[] EMPTY_AUTH = {0, 0};

  private final TpmContext context;

  NvCommands(TpmContext context) {
    this.context = context;
  }

  /** TPM2_NV_ReadPublic: a TPMS_NV_PUBLIC. */
  byte[] readPublic(int nv) throws TpmException {
    try (Frame frame = new Frame()) {
      PointerByReference nvPublic = frame.out();
      PointerByReference name = frame.out();
      context.call(
          "TPM2_NV_ReadPublic",
          esys ->
              Esapi.Esys_NV_ReadPublic(
                  esys, nv, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, nvPublic, name));
      return Commands.unsized(frame.wire(WireType.TPM2B_NV_PUBLIC, nvPublic));
    }
  }

  /** TPM2_NV_Read of an index that its own authorization value may read. */
  byte[] read(int nv, int size, int offset) throws TpmException {
    try (Frame frame = new Frame()) {
      PointerByReference data = frame.out();
      context.call(
          "TPM2_NV_Read",
          esys ->
              Esapi.Esys_NV_Read(
                  esys,
                  nv,
                  nv,
                  ESYS_TR_PASSWORD,
                  ESYS_TR_NONE,
                  ESYS_TR_NONE,
                  (short) size,
                  (short) offset,
                  data));
      return Commands.unsized(frame.wire(WireType.TPM2B_MAX_NV_BUFFER, data));
    }
  }

  /**
   * TPM2_NV_DefineSpace by the owner, with an empty authorization value.
   *
   * @param nvPublic TPMS_NV_PUBLIC
   * @return the context's number for it
   */
  int define(byte[] nvPublic) throws TpmException {
    try (Frame frame = new Frame()) {
      Pointer auth = frame.in(WireType.TPM2B_DIGEST, EMPTY_AUTH);
      Pointer area = frame.in(WireType.TPM2B_NV_PUBLIC, Commands.sized(nvPublic));
      IntByReference nv = new IntByReference(ESYS_TR_NONE);
      context.call(
          "TPM2_NV_DefineSpace",
          esys ->
              Esapi.Esys_NV_DefineSpace(
                  esys,
                  ESYS_TR_RH_OWNER,
                  ESYS_TR_PASSWORD,
                  ESYS_TR_NONE,
                  ESYS_TR_NONE,
                  auth,
                  area,
                  nv));
      return nv.getValue();
    }
  }

  /**
   * TPM2_NV_Increment.
   *
   * @param authority the owner, or the index itself, each with an empty authorization value
   */
  void increment(int authority, int nv) throws TpmException {
    context.call(
        "TPM2_NV_Increment",
        esys ->
            Esapi.Esys_NV_Increment(
                esys, authority, nv, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE));
  }
}
