// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

/** What waits for the writer's thread, and is answered in time whatever becomes of that. */
sealed interface Work permits Pending, Job {
  boolean isAnswered();

  boolean isDue(long nanoTime);

  /** Answers that it was not done in time, with what is then left behind. */
  void expire(String code, String message);
}
