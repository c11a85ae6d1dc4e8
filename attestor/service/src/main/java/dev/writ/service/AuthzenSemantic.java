// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Wire;

/** When a batch of questions ends (AuthZEN Authorization API 1.0, {@code evaluations_semantic}). */
enum AuthzenSemantic implements Wire {
  /** With its last question. */
  EXECUTE_ALL("execute_all"),
  /** With the first that is denied, or cannot be answered. */
  DENY_ON_FIRST_DENY("deny_on_first_deny"),
  /** With the first that is permitted. */
  PERMIT_ON_FIRST_PERMIT("permit_on_first_permit");

  private final String wire;

  AuthzenSemantic(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }

  /** Whether nothing is asked after a question that was decided so. */
  boolean endsAfter(boolean permitted) {
    return switch (this) {
      case EXECUTE_ALL -> false;
      case DENY_ON_FIRST_DENY -> !permitted;
      case PERMIT_ON_FIRST_PERMIT -> permitted;
    };
  }
}
