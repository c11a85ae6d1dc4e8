// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What an {@link Operation} does. */
public enum OperationKind implements Wire {
  /** Gives a role its next key. */
  ROTATE_KEY("key.rotate"),
  /** Ends belief in a key. */
  COMPROMISE_KEY("key.compromise"),
  /** Removes a key from its token. */
  DESTROY_KEY("key.destroy"),
  /** Changes what verifiers believe in any other way. */
  PUBLISH_TRUST("trust.publish"),
  /** Goes by a clock that is behind the ledger. */
  ACCEPT_CLOCK("clock.accept"),
  /** Lifts a freeze. */
  UNFREEZE("policy.unfreeze");

  private final String wire;

  OperationKind(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
