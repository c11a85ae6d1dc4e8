// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.OptionalLong;

/**
 * A key of the service.
 *
 * @param kid RFC 7638 thumbprint
 * @param notBefore first moment at which it may sign
 * @param notAfter first moment at which it may not any more
 * @param leafIndex the leaf that gave it this state
 * @param activatedIndex the leaf that made it {@link KeyState#ACTIVE} first: what it signed for the
 *     ledger comes after it; empty if it never was
 * @param endedIndex the leaf by which it was active no longer: what it signed comes before it; empty
 *     while it is active, and where it never was
 */
public record SigningKey(
    Hash kid,
    KeyRole role,
    KeyState state,
    Instant notBefore,
    Instant notAfter,
    long leafIndex,
    OptionalLong activatedIndex,
    OptionalLong endedIndex) {
  /** Whether it may sign at {@code now}: active, and in its window. */
  public boolean maySign(Instant now) {
    return state == KeyState.ACTIVE && !now.isBefore(notBefore) && now.isBefore(notAfter);
  }
}
