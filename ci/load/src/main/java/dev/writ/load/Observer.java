// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import java.nio.ByteBuffer;

/** Sees every exchange that a generator ends. Called by the generator's thread. */
public interface Observer {
  /** Looks at nothing. */
  Observer NONE = (application, bundle) -> {};

  /**
   * An artifact was answered.
   *
   * @param application the whole request that it answers
   * @param bundle the proof bundle; both are the generator's own and change after this returns
   */
  void issued(ByteBuffer application, ByteBuffer bundle);

  /**
   * An application was sent, and the connection broke before its answer.
   *
   * @param application the whole request; the generator's own
   */
  default void unanswered(ByteBuffer application) {}

  /** The service answered: before {@link #issued} where it was with an artifact. */
  default void ended(Exchange exchange) {}
}
