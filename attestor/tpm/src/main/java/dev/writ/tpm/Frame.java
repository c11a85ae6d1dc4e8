// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import com.google.errorprone.annotations.MustBeClosed;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What one operation borrows: native memory, the library's outputs, and the TPM's transient slots.
 * {@link #close()} gives all of it back in reverse order, whichever way the operation ended.
 */
final class Frame implements AutoCloseable {
  /** No structure of tpm2-tss is larger than 2,306 bytes, on the wire or in memory. */
  static final int BLOCK_BYTES = 4096;

  private interface Release {
    void run();
  }

  private final Deque<Release> borrowed = new ArrayDeque<>();

  @MustBeClosed
  Frame() {}

  /** A zeroed block of native memory, zeroed again before it goes back: it may have held a secret. */
  Pointer block() {
    Memory memory = new Memory(BLOCK_BYTES);
    borrowed.push(
        () -> {
          memory.clear();
          memory.close();
        });
    memory.clear();
    return memory;
  }

  /**
   * A structure in the C compiler's layout, read from its wire bytes.
   *
   * @throws TpmException if libtss2-mu refuses the bytes, or does not consume all of them
   */
  Pointer in(WireType type, byte[] wire) throws TpmException {
    String function = "Tss2_MU_" + type + "_Unmarshal";
    if (wire.length > BLOCK_BYTES) {
      throw TpmException.content(
          String.format("a %s must be at most %d bytes, was %d", type, BLOCK_BYTES, wire.length));
    }
    Pointer buffer = block();
    buffer.write(0, wire, 0, wire.length);
    Pointer offset = block();
    Pointer structure = block();
    check(function, type.unmarshal().call(buffer, new SizeT(wire.length), offset, structure));
    long consumed = size(offset);
    if (consumed != wire.length) {
      throw TpmException.content(
          String.format("a %s must be %d bytes, was %d", type, consumed, wire.length));
    }
    return structure;
  }

  /** Where a function writes a pointer to memory of its own. */
  PointerByReference out() {
    PointerByReference reference = new PointerByReference();
    borrowed.push(
        () -> {
          Pointer pointer = reference.getValue();
          if (pointer != null) {
            Esapi.Esys_Free(pointer);
          }
        });
    return reference;
  }

  /** The wire bytes of what a function wrote to {@code reference}. */
  byte[] wire(WireType type, PointerByReference reference) throws TpmException {
    Pointer structure = reference.getValue();
    if (structure == null) {
      throw new IllegalStateException(
          "a successful call wrote no " + type + "; this is a bug of tpm2-tss or of its mapping");
    }
    Pointer buffer = block();
    Pointer offset = block();
    check(
        "Tss2_MU_" + type + "_Marshal",
        type.marshal().call(structure, buffer, new SizeT(BLOCK_BYTES), offset));
    return buffer.getByteArray(0, Math.toIntExact(size(offset)));
  }

  /**
   * As {@link #wire}, of a TPM2B whose content must not stay: the library's own copy is overwritten with
   * a TPM2B of as many zeros.
   */
  byte[] secretWire(WireType type, PointerByReference reference) throws TpmException {
    byte[] wire = wire(type, reference);
    Pointer zeros = block();
    zeros.write(0, wire, 0, Short.BYTES);
    check(
        "Tss2_MU_" + type + "_Unmarshal",
        type.unmarshal().call(zeros, new SizeT(wire.length), block(), reference.getValue()));
    return wire;
  }

  /** Frees the slot of {@code handle} when this frame closes. */
  void flushAtEnd(TpmContext context, int handle) {
    borrowed.push(() -> context.flush(handle));
  }

  /** Forgets the context's number {@code handle} when this frame closes. */
  void forgetAtEnd(TpmContext context, int handle) {
    borrowed.push(() -> context.forget(handle));
  }

  @Override
  public void close() {
    while (!borrowed.isEmpty()) {
      borrowed.pop().run();
    }
  }

  private static void check(String function, int code) throws TpmException {
    if (code != TssReturnCode.SUCCESS) {
      throw TpmException.refused(function, TssReturnCode.decode(code), "");
    }
  }

  private static long size(Pointer sizeT) {
    return com.sun.jna.Native.SIZE_T_SIZE == Long.BYTES
        ? sizeT.getLong(0)
        : Integer.toUnsignedLong(sizeT.getInt(0));
  }
}
