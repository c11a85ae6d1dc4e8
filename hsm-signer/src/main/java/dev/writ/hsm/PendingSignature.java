// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.SignatureTally.Purpose;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A signature that was asked for, and who gets it: once it is made, whoever asked; once that one gave it up,
 * nobody. It is never both, so that it counts for what somebody has.
 */
final class PendingSignature {
  private final KeySpec key;
  private final AtomicReference<@Nullable Purpose> countsAs;
  private final Purpose purpose;

  PendingSignature(KeySpec key, Purpose purpose) {
    this.key = key;
    this.purpose = purpose;
    this.countsAs = new AtomicReference<>();
  }

  KeySpec key() {
    return key;
  }

  /** It was made. What it counts as: of one that was given up nobody was told that there is one. */
  Purpose made() {
    return countsAs.compareAndSet(null, purpose) ? purpose : Purpose.UNKNOWN;
  }

  /** Whether nobody gets it, if it is ever made; else it is made already. */
  boolean giveUp() {
    return countsAs.compareAndSet(null, Purpose.UNKNOWN);
  }
}
