// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads NV indices whole, however little the TPM returns at once. */
final class NvReader {
  /** What every TPM can return from NV at once, where it does not say how much more. */
  private static final int SMALLEST_NV_BUFFER = 512;

  /** A certificate is some 1 to 2 kB; an index larger than this is none. */
  private static final int MAX_NV_BYTES = 16_384;

  /** A chain is some 3 to 6 kB. */
  private static final int MAX_RANGE_BYTES = 12_288;

  private final TpmContext context;
  private final Commands commands;
  private final NvCommands nvCommands;

  NvReader(TpmContext context, Commands commands, NvCommands nvCommands) {
    this.context = context;
    this.commands = commands;
    this.nvCommands = nvCommands;
  }

  /** TPM2_NV_ReadPublic and TPM2_NV_Read, in pieces, of an index that its own auth may read. */
  Optional<byte[]> read(int index) throws TpmException {
    OptionalInt found = commands.find(index);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    int nv = found.getAsInt();
    try (Frame frame = new Frame()) {
      frame.forgetAtEnd(context, nv);
      int size = size(nv);
      if (size > MAX_NV_BYTES) {
        throw TpmException.content(
            String.format(
                "NV index 0x%08x must hold at most %d bytes, was %d", index, MAX_NV_BYTES, size));
      }
      int largest = context.property(TpmContext.TPM_PT_NV_BUFFER_MAX).orElse(SMALLEST_NV_BUFFER);
      ByteArrayOutputStream content = new ByteArrayOutputStream(size);
      while (content.size() < size) {
        int offset = content.size();
        byte[] piece = nvCommands.read(nv, Math.min(largest, size - offset), offset);
        if (piece.length == 0) {
          throw TpmException.content(
              String.format("NV index 0x%08x must give %d bytes, gave %d", index, size, offset));
        }
        content.writeBytes(piece);
      }
      return Optional.of(content.toByteArray());
    }
  }

  /**
   * The content of all indices from {@code first} to {@code last}, one after the other; no bytes where
   * there is none.
   */
  byte[] readAll(int first, int last) throws TpmException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (int index : context.handles(first, last)) {
      content.writeBytes(read(index).orElseGet(() -> new byte[0]));
      if (content.size() > MAX_RANGE_BYTES) {
        throw TpmException.content(
            String.format(
                "NV indices 0x%08x to 0x%08x must hold at most %d bytes together, hold more",
                first, last, MAX_RANGE_BYTES));
      }
    }
    return content.toByteArray();
  }

  /** TPMS_NV_PUBLIC (Part 2 section 13.5) ends with dataSize(2). */
  private int size(int nv) throws TpmException {
    byte[] nvPublic = nvCommands.readPublic(nv);
    return Short.toUnsignedInt(ByteBuffer.wrap(nvPublic).getShort(nvPublic.length - Short.BYTES));
  }
}
