// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The counter in NV that an {@link UnsealPolicy} names: it only rises, so that a policy of a lower value
 * never holds again.
 *
 * <p>That survives its removal. A counter that is defined anew starts above every value that any counter
 * of the TPM has had (Part 3, TPM2_NV_Increment), and an index of another kind at the same handle has
 * another name, which the policy's digest has taken in. After TPM2_Clear it may start low again, but then
 * nothing that was sealed before can be loaded.
 *
 * <p>Anybody who may use the TPM may read it. To raise it takes the owner's authorization: whoever has
 * that may remove the index as well, so that a policy of its own (POLICYWRITE) would keep nobody out.
 */
final class UnsealCounter {
  private static final int WRITTEN = 1 << 29;

  /** OWNERWRITE, TPM_NT_COUNTER, OWNERREAD, AUTHREAD, NO_DA (Part 2 section 13.4); not ORDERLY. */
  private static final int ATTRIBUTES = 0x02060012;

  private static final byte[] BEFORE_FIRST_RAISE = nvPublic(ATTRIBUTES);
  private static final byte[] RAISED = nvPublic(ATTRIBUTES | WRITTEN);

  private final TpmContext context;
  private final Commands commands;
  private final NvCommands nv;

  /** What is done with the context's number for the index. */
  interface Use<T> {
    T with(int index) throws TpmException;
  }

  UnsealCounter(TpmContext context, Commands commands, NvCommands nv) {
    this.context = context;
    this.commands = commands;
    this.nv = nv;
  }

  /** The name of the counter once it was raised, which policies take in: nameAlg, digest. */
  static byte[] name() {
    return PolicyDigest.name(RAISED);
  }

  private static byte[] nvPublic(int attributes) {
    return new Template.Wire()
        .u32(Tpm.UNSEAL_COUNTER_INDEX)
        .u16(Template.ALG_SHA256)
        .u32(attributes)
        .sized(new byte[0])
        .u16(Long.BYTES)
        .bytes();
  }

  /** Its value; nothing where there is none that was ever raised. */
  OptionalLong read() throws TpmException {
    OptionalInt found = commands.find(Tpm.UNSEAL_COUNTER_INDEX);
    if (found.isEmpty()) {
      return OptionalLong.empty();
    }
    return using(
        found.getAsInt(),
        index -> raised(index) ? OptionalLong.of(value(index)) : OptionalLong.empty());
  }

  /** Adds one, after making the counter if there is none; its value from then on. */
  long raise() throws TpmException {
    OptionalInt found = commands.find(Tpm.UNSEAL_COUNTER_INDEX);
    int number = found.isPresent() ? found.getAsInt() : nv.define(BEFORE_FIRST_RAISE);
    return using(
        number,
        index -> {
          boolean ignored = raised(index);
          nv.increment(index);
          return value(index);
        });
  }

  /** Uses the counter, which is there. */
  <T> T with(Use<T> use) throws TpmException {
    OptionalInt found = commands.find(Tpm.UNSEAL_COUNTER_INDEX);
    if (found.isEmpty()) {
      throw TpmException.content("the counter must stay while it is used, and was removed");
    }
    return using(found.getAsInt(), use);
  }

  private <T> T using(int number, Use<T> use) throws TpmException {
    try (Frame frame = new Frame()) {
      frame.forgetAtEnd(context, number);
      return use.with(number);
    }
  }

  /** Whether it was raised since it was made; refuses an index of another kind. */
  private boolean raised(int index) throws TpmException {
    byte[] nvPublic = nv.readPublic(index);
    if (!Arrays.equals(nvPublic, RAISED) && !Arrays.equals(nvPublic, BEFORE_FIRST_RAISE)) {
      throw TpmException.content(
          String.format(
              "the TPM's NV index 0x%08x must be Writ's counter of unsealing policies, and is"
                  + " another index: if nothing needs that one, remove it with tpm2_nvundefine 0x%08x",
              Tpm.UNSEAL_COUNTER_INDEX, Tpm.UNSEAL_COUNTER_INDEX));
    }
    return Arrays.equals(nvPublic, RAISED);
  }

  private long value(int index) throws TpmException {
    byte[] value = nv.read(index, Long.BYTES, 0);
    if (value.length != Long.BYTES) {
      throw TpmException.content("a counter in NV must be 8 bytes, was " + value.length);
    }
    return ByteBuffer.wrap(value).getLong();
  }
}
