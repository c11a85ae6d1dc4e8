// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

/** What a store has is not what a service can have put there. */
final class ContradictionException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient StepOutcome.Contradicts outcome;

  ContradictionException(String member, String mustBe, String was) {
    super(member + " must be " + mustBe + ", was " + was, null, false, false);
    this.outcome = new StepOutcome.Contradicts(member, mustBe, was);
  }

  StepOutcome.Contradicts outcome() {
    return outcome;
  }
}
