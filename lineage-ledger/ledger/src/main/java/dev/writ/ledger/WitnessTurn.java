// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

/**
 * Lets the nodes of one store ask their witnesses one after another: of those that ask at once all but one
 * would be overtaken, and with many nodes some of them again and again. It is a courtesy: who does not get
 * his turn in time asks all the same. Owned by the signer's thread.
 */
interface WitnessTurn extends AutoCloseable {
  /** Where nobody else asks. */
  WitnessTurn ALONE =
      new WitnessTurn() {
        @Override
        public void take() {}

        @Override
        public void pass() {}

        @Override
        public void close() {}
      };

  /** Waits for the turn, unless it is had already. */
  void take();

  /** Lets the next have it. */
  void pass();

  @Override
  void close();
}
