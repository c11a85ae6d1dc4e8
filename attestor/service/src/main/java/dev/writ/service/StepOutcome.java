// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

/** How one step of a replay came out. */
public sealed interface StepOutcome {
  /** One word or two, as reports have it. */
  String word();

  /** What there is to say of it; may be empty. */
  String detail();

  /**
   * It came out as it was recorded.
   *
   * @param detail what is to be known of it; mostly nothing
   */
  record Same(String detail) implements StepOutcome {
    @Override
    public String word() {
      return "same";
    }
  }

  /**
   * What is recorded is what was put there, and something else came.
   *
   * @param member of what was recorded
   */
  record Differs(String member, String was, String came) implements StepOutcome {
    @Override
    public String word() {
      return "differs";
    }

    @Override
    public String detail() {
      return member + " was " + was + ", came " + came;
    }
  }

  /**
   * What it would take was erased.
   *
   * @param detail what
   */
  record Erased(String detail) implements StepOutcome {
    @Override
    public String word() {
      return "erased";
    }
  }

  /**
   * What it would take was never kept, or gave way to something newer.
   *
   * @param detail what, and what was done without it
   */
  record NotKept(String detail) implements StepOutcome {
    @Override
    public String word() {
      return "not kept";
    }
  }

  /**
   * What the store has is not what was put there: the log says so.
   *
   * @param member which
   * @param mustBe what the log demands
   * @param was what the store has
   */
  record Contradicts(String member, String mustBe, String was) implements StepOutcome {
    @Override
    public String word() {
      return "contradicts";
    }

    @Override
    public String detail() {
      return member + " must be " + mustBe + ", was " + was;
    }
  }
}
