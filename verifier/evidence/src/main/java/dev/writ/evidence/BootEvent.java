// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Optional;

/**
 * One event of a {@link BootLog}: a view of the log's bytes.
 *
 * <p>Only PCR, order inside that PCR and digests are bound by a quote. Type and data are what the
 * log says of them.
 */
public final class BootEvent {
  /** PCR of an event that belongs to none. */
  public static final int NO_PCR = -1;

  /** Number of digests of a TCG_PCR_EVENT: its one digest is SHA-1 and has no algorithm before it. */
  static final int LEGACY = 0;

  private final BootLog log;
  private final int index;
  private final int offset;
  private final int pcr;
  private final int typeCode;
  private final Optional<BootEventType> type;
  private final int digestsAt;
  private final int digestCount;
  private final int dataAt;
  private final int dataLength;

  BootEvent(
      BootLog log,
      int index,
      int offset,
      int pcr,
      int typeCode,
      int digestsAt,
      int digestCount,
      int dataAt,
      int dataLength) {
    this.log = log;
    this.index = index;
    this.offset = offset;
    this.pcr = pcr;
    this.typeCode = typeCode;
    this.type = BootEventType.ofCode(typeCode);
    this.digestsAt = digestsAt;
    this.digestCount = digestCount;
    this.dataAt = dataAt;
    this.dataLength = dataLength;
  }

  /** Place in the log, from 0. */
  public int index() {
    return index;
  }

  /** Where the event starts, in bytes from the start of the log. */
  public int offset() {
    return offset;
  }

  /** 0 to 23, or {@link #NO_PCR} of an event that is not measured. */
  public int pcr() {
    return pcr;
  }

  /** The type's code, an unsigned 32-bit number. */
  public int typeCode() {
    return typeCode;
  }

  /** The type, where it is a known one. */
  public Optional<BootEventType> type() {
    return type;
  }

  /** Whether the log says that this event is of {@code type}. */
  public boolean is(BootEventType type) {
    return typeCode == type.code();
  }

  /** Whether the event was extended into its PCR: all are but EV_NO_ACTION. */
  public boolean isMeasured() {
    return !is(BootEventType.EV_NO_ACTION);
  }

  /** The event's digest for a bank, if it has one. */
  public Optional<TpmDigest> digest(TpmAlg bank) {
    int at = digestAt(bank);
    return at < 0
        ? Optional.empty()
        : Optional.of(
            new TpmDigest(bank, Octets.copyOfRange(log.raw(), at, at + bank.digestBytes())));
  }

  /** Length of the data in bytes. */
  public int dataLength() {
    return dataLength;
  }

  /** A copy of the data. */
  public Octets data() {
    return Octets.copyOfRange(log.raw(), dataAt, dataAt + dataLength);
  }

  /** The type's name, or its code. */
  public String typeText() {
    return type.map(Enum::name).orElse(TpmReader.hex32(typeCode & 0xffff_ffffL));
  }

  byte[] raw() {
    return log.raw();
  }

  int dataAt() {
    return dataAt;
  }

  boolean dataStartsWith(byte[] prefix) {
    return dataLength >= prefix.length
        && Arrays.equals(log.raw(), dataAt, dataAt + prefix.length, prefix, 0, prefix.length);
  }

  /** Where the digest for {@code bank} is, or -1. */
  int digestAt(TpmAlg bank) {
    byte[] raw = log.raw();
    if (digestCount == LEGACY) {
      return bank == TpmAlg.SHA1 ? digestsAt : -1;
    }
    int at = digestsAt;
    for (int i = 0; i < digestCount; i++) {
      int id = UefiReader.u16At(raw, at);
      if (id == bank.id()) {
        return at + 2;
      }
      at += 2 + log.digestBytes(id);
    }
    return -1;
  }

  /** Whether every byte of every digest is zero. */
  boolean digestsAreZero() {
    if (digestCount == LEGACY) {
      return isZero(digestsAt, TpmAlg.SHA1.digestBytes());
    }
    int at = digestsAt;
    for (int i = 0; i < digestCount; i++) {
      int length = log.digestBytes(UefiReader.u16At(log.raw(), at));
      if (!isZero(at + 2, length)) {
        return false;
      }
      at += 2 + length;
    }
    return true;
  }

  private boolean isZero(int at, int length) {
    for (int i = at; i < at + length; i++) {
      if (log.raw()[i] != 0) {
        return false;
      }
    }
    return true;
  }

  /** Whether the digest for {@code bank} is the hash of {@code length} bytes of the log. */
  boolean digestIsOf(TpmAlg bank, MessageDigest hash, int from, int length) {
    hash.update(log.raw(), from, length);
    return digestIs(bank, hash.digest());
  }

  /** Whether the digest for {@code bank} is this one. */
  boolean digestIs(TpmAlg bank, byte[] digest) {
    int at = digestAt(bank);
    return at >= 0 && Arrays.equals(log.raw(), at, at + digest.length, digest, 0, digest.length);
  }

  @Override
  public String toString() {
    return "event " + index + " (" + typeText() + ", PCR " + pcr + ")";
  }
}
