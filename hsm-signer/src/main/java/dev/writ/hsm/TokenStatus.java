// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.time.Duration;

/** Whether a token signs. */
public sealed interface TokenStatus {
  /** The number of the connection, or of the last one: 1 at the opening, one higher after each loss. */
  int connection();

  /** It does. */
  record Connected(int connection) implements TokenStatus {}

  /**
   * It does not, and is tried again by itself.
   *
   * @param cause what was said when it was lost, or tried last
   * @param duration since when
   */
  record Away(int connection, HsmException cause, Duration duration) implements TokenStatus {}

  /**
   * It does not, and its replica does, as for a key that both have.
   *
   * @param cause what was said of the token itself when it was lost, or tried last
   * @param duration since when
   */
  record ByReplica(int connection, HsmException cause, Duration duration) implements TokenStatus {}

  /** It was closed and stays so. */
  record Closed(int connection) implements TokenStatus {}
}
