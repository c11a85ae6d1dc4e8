// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A counter in NV, which only rises.
 *
 * <p>That survives its removal. A counter that is defined anew starts above every value that any counter
 * of the TPM has had (Part 3, TPM2_NV_Increment), and an index of another kind at the same handle has
 * another name. After TPM2_Clear it may start low again, but then every key of the TPM is another.
 *
 * <p>Anybody who may use the TPM may read it. It is never ORDERLY: such a counter is written to NV now
 * and then, and after a power cut goes on from above what it was.
 */
final class NvCounter {
  private static final int WRITTEN = 1 << 29;

  /** TPM_NT_COUNTER, OWNERREAD, AUTHREAD, NO_DA (Part 2 section 13.4). */
  private static final int ATTRIBUTES = 0x02060010;

  private final TpmContext context;
  private final Commands commands;
  private final NvCommands nv;
  private final Place place;

  /** Who may raise a counter. */
  enum Raiser {
    /** OWNERWRITE: whoever has the owner's authorization, and with it may remove the index as well. */
    OWNER(1 << 1),
    /**
     * AUTHWRITE: whoever may use the TPM, for the index has an empty authorization value. To remove it
     * still takes the owner's authorization.
     */
    ANYBODY(1 << 2);

    private final int bit;

    Raiser(int bit) {
      this.bit = bit;
    }
  }

  /**
   * Which counter.
   *
   * @param index its handle
   * @param purpose what it counts, for messages
   */
  record Place(int index, Raiser raiser, String purpose) {
    /**
     * The counter that an {@link UnsealPolicy} names: a policy of a lower value never holds again. Its
     * name is in the policy's digest.
     */
    static final Place UNSEALING =
        new Place(Tpm.UNSEAL_COUNTER_INDEX, Raiser.OWNER, "of unsealing policies");

    /**
     * A counter by which a store is found to be older than it was. Who raises it can have nothing pass
     * that was put back, only stop what was not; a host whose owner's authorization is set still can.
     */
    static Place rollback(int index) {
      return new Place(index, Raiser.ANYBODY, "against rollback");
    }

    /** The name of the counter once it was raised: nameAlg, digest. */
    byte[] name() {
      return PolicyDigest.name(raised());
    }

    private byte[] beforeFirstRaise() {
      return nvPublic(ATTRIBUTES | raiser.bit);
    }

    private byte[] raised() {
      return nvPublic(ATTRIBUTES | raiser.bit | WRITTEN);
    }

    private byte[] nvPublic(int attributes) {
      return new Template.Wire()
          .u32(index)
          .u16(Template.ALG_SHA256)
          .u32(attributes)
          .sized(new byte[0])
          .u16(Long.BYTES)
          .bytes();
    }
  }

  /** What is done with the context's number for the index. */
  interface Use<T> {
    T with(int number) throws TpmException;
  }

  NvCounter(TpmContext context, Commands commands, NvCommands nv, Place place) {
    this.context = context;
    this.commands = commands;
    this.nv = nv;
    this.place = place;
  }

  /** Its value; nothing where there is none that was ever raised. */
  OptionalLong read() throws TpmException {
    OptionalInt found = commands.find(place.index());
    if (found.isEmpty()) {
      return OptionalLong.empty();
    }
    return using(
        found.getAsInt(),
        number -> raised(number) ? OptionalLong.of(value(number)) : OptionalLong.empty());
  }

  /** Adds one to the counter, which is there; its value from then on. */
  long raise() throws TpmException {
    return with(this::raise);
  }

  /** Adds one, after making the counter if there is none; its value from then on. */
  long raiseOrMake() throws TpmException {
    OptionalInt found = commands.find(place.index());
    int number = found.isPresent() ? found.getAsInt() : nv.define(place.beforeFirstRaise());
    return using(number, this::raise);
  }

  private long raise(int number) throws TpmException {
    boolean ignored = raised(number);
    nv.increment(place.raiser() == Raiser.OWNER ? Esapi.ESYS_TR_RH_OWNER : number, number);
    return value(number);
  }

  /** Uses the counter, which is there. */
  <T> T with(Use<T> use) throws TpmException {
    OptionalInt found = commands.find(place.index());
    if (found.isEmpty()) {
      throw TpmException.content(
          String.format(
              "the TPM's counter %s, NV index 0x%08x, must stay while it is used, and was removed",
              place.purpose(), place.index()));
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
  private boolean raised(int number) throws TpmException {
    byte[] nvPublic = nv.readPublic(number);
    boolean raised = Arrays.equals(nvPublic, place.raised());
    if (!raised && !Arrays.equals(nvPublic, place.beforeFirstRaise())) {
      throw TpmException.content(
          String.format(
              "the TPM's NV index 0x%08x must be Writ's counter %s, and is another index: if nothing"
                  + " needs that one, remove it with tpm2_nvundefine 0x%08x",
              place.index(), place.purpose(), place.index()));
    }
    return raised;
  }

  private long value(int number) throws TpmException {
    byte[] value = nv.read(number, Long.BYTES, 0);
    if (value.length != Long.BYTES) {
      throw TpmException.content("a counter in NV must be 8 bytes, was " + value.length);
    }
    return ByteBuffer.wrap(value).getLong();
  }
}
