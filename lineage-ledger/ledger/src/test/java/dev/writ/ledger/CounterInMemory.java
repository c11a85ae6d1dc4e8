// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;

/** A counter as a TPM has it, of which a test says what fails. Used by any number of threads. */
final class CounterInMemory implements RollbackCounter {
  /** What becomes of a call. */
  enum Way {
    WORKS,
    /** Whatever is asked fails and does nothing. */
    AWAY,
    /** What is raised stays as it was, and fails. */
    RAISE_FAILS,
    /** What is raised is, and fails. */
    ANSWER_IS_LOST
  }

  private final Hash identity;
  private OptionalLong value = OptionalLong.empty();

  /** More than any counter of the device was. */
  private long highest;

  private Way way = Way.WORKS;
  private int raises;

  CounterInMemory(String device, long highest) {
    this.identity = Hash.sha256(device.getBytes(StandardCharsets.UTF_8));
    this.highest = highest;
  }

  synchronized void go(Way how) {
    way = how;
  }

  /** As whoever has the owner's authorization may. */
  synchronized void remove() {
    value = OptionalLong.empty();
  }

  /** As no TPM does: its state was put back. */
  synchronized void set(long count) {
    value = OptionalLong.of(count);
  }

  synchronized long count() {
    return value.orElseThrow();
  }

  synchronized boolean isThere() {
    return value.isPresent();
  }

  Hash identityNow() {
    return identity;
  }

  /** How often it was written to since this was asked. */
  synchronized int raises() {
    int since = raises;
    raises = 0;
    return since;
  }

  @Override
  public synchronized Hash identity() throws LedgerException {
    requireThere();
    return identity;
  }

  @Override
  public synchronized OptionalLong read() throws LedgerException {
    requireThere();
    return value;
  }

  @Override
  public synchronized long make() throws LedgerException {
    requireThere();
    highest++;
    value = OptionalLong.of(highest);
    return highest;
  }

  @Override
  public synchronized long raise() throws LedgerException {
    requireThere();
    if (way == Way.RAISE_FAILS) {
      throw failure("TPM_RC_NV_RATE");
    }
    raises++;
    highest = Math.max(highest, value.orElseThrow() + 1);
    value = OptionalLong.of(value.orElseThrow() + 1);
    if (way == Way.ANSWER_IS_LOST) {
      throw failure("TSS2_BASE_RC_IO_ERROR");
    }
    return value.orElseThrow();
  }

  private void requireThere() throws LedgerException {
    if (way == Way.AWAY) {
      throw failure("TSS2_BASE_RC_IO_ERROR");
    }
  }

  private LedgerException failure(String code) {
    return new LedgerException(code, this + " must be reached, and was not: " + code);
  }

  @Override
  public String toString() {
    return "the counter of a test";
  }
}
