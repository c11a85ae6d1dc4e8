// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.time.Duration;

/** What befalls the connection to a token. Called from its threads: none of it may wait. */
public interface TokenEvents {
  /** For who looks at {@link Token#status} alone. */
  TokenEvents SILENT = new TokenEvents() {};

  /** The token went away, or does not answer: nothing is signed until {@link #connected}. */
  default void lost(HsmException cause) {}

  /** It was tried again in vain. */
  default void stillAway(HsmException cause) {}

  /**
   * The token signs again.
   *
   * @param connection the number of this connection, one higher than the last
   * @param away how long nothing was signed
   */
  default void connected(int connection, Duration away) {}

  /** A key signed to show that the token answers, and to keep the connection alive. */
  default void keptAlive(KeySpec spec) {}

  /**
   * This token is a replica, and a key that the other one handed out has no fail-over: it is missing here, or
   * is not the same. It is looked for again by itself.
   */
  default void unreplicated(KeySpec spec, HsmException cause) {}

  /** The key is there after all. */
  default void replicated(KeySpec spec) {}
}
