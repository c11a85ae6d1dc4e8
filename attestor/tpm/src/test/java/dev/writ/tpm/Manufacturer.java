// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import static dev.writ.tpm.Esapi.ESYS_TR_NONE;
import static dev.writ.tpm.Esapi.ESYS_TR_PASSWORD;
import static dev.writ.tpm.Esapi.ESYS_TR_RH_OWNER;

import com.sun.jna.Pointer;
import java.util.Arrays;

/** Writes to a simulator's NV what a real TPM leaves the factory with. */
final class Manufacturer {
  /** OWNERWRITE, AUTHREAD, OWNERREAD, NO_DA (TPM 2.0 Library Part 2, section 13.4). */
  private static final int NV_ATTRIBUTES = 0x02060002;

  private static final int PIECE = 512;

  private Manufacturer() {}

  static void writeNv(String tcti, int index, byte[] content) throws TpmException {
    TpmContext context = TpmContext.open(tcti);
    try (Frame frame = new Frame()) {
      byte[] area =
          new Template.Wire()
              .u32(index)
              .u16(Template.ALG_SHA256)
              .u32(NV_ATTRIBUTES)
              .sized(new byte[0])
              .u16(content.length)
              .bytes();
      int nv = new NvCommands(context).define(area);
      for (int offset = 0; offset < content.length; offset += PIECE) {
        byte[] piece =
            Arrays.copyOfRange(content, offset, Math.min(content.length, offset + PIECE));
        Pointer data =
            frame.in(WireType.TPM2B_MAX_NV_BUFFER, new Template.Wire().sized(piece).bytes());
        short at = (short) offset;
        context.call(
            "TPM2_NV_Write",
            esys ->
                EsapiForTests.Esys_NV_Write(
                    esys,
                    ESYS_TR_RH_OWNER,
                    nv,
                    ESYS_TR_PASSWORD,
                    ESYS_TR_NONE,
                    ESYS_TR_NONE,
                    data,
                    at));
      }
    } finally {
      context.close();
    }
  }
}
