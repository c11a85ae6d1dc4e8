// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** Where a key is in its life. */
public enum KeyState implements Wire {
  /** Made and announced; signs from its window's start on, when it is activated. */
  PREPUBLISHED("pre_published"),
  /** Signs. */
  ACTIVE("active"),
  /** Its successor signs already; what it signed is still in use. */
  RETIRING("retiring"),
  /** Signs nothing more. What it signed is judged by its window alone, as of then. */
  RETIRED("retired"),
  /** Gone from its token; what it signed is judged as of {@link #RETIRED}. */
  DESTROYED("destroyed"),
  /** Somebody else may hold it: nothing that it ever signed is believed. */
  COMPROMISED("compromised");

  private final String wire;

  KeyState(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
