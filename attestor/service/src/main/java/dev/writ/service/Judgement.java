// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Ear;
import dev.writ.policy.Decision;
import java.util.Optional;

/** What verification and policy together say of an {@link Application}. */
sealed interface Judgement {
  /**
   * It may have an artifact.
   *
   * @param allow the policy's word: nothing is signed without one
   * @param grounds what it rests on
   */
  record Granted(Decision.Allow allow, Grounds grounds) implements Judgement {}

  /**
   * Nobody shows to be the host in whose name it came.
   *
   * @param denial what the caller is told
   */
  record Unauthenticated(Denial denial) implements Judgement {}

  /** The host that asks had more decisions lately than one may have: this is none. */
  record TooOften() implements Judgement {}

  /**
   * It may not, and it is the host that asked.
   *
   * @param host that asked
   * @param denial what the caller is told
   * @param nonce what becomes of the challenge's nonce
   * @param decision the policy's denial, where it came to the policy
   * @param result what was found of the host, where it came to an appraisal
   */
  record Refused(
      KnownHost host,
      Denial denial,
      Nonce nonce,
      Optional<Decision.Deny> decision,
      Optional<Ear> result)
      implements Judgement {
    Refused(KnownHost host, Denial denial, Nonce nonce) {
      this(host, denial, nonce, Optional.empty(), Optional.empty());
    }

    Refused leavingNonce() {
      return new Refused(host, denial, Nonce.LEFT, decision, result);
    }
  }

  /**
   * What a denial does to the challenge's nonce. A challenge is good for one answer, whichever it is;
   * else a denied host could try variations on one challenge.
   */
  enum Nonce {
    /** Spends it; if another decision has, that comes first and this denial is none. */
    SPENT,
    /** Spends it if no other decision has, and holds in any case: it comes before that question. */
    SPENT_IF_FREE,
    /** Leaves it: it is another decision's. */
    LEFT
  }
}
