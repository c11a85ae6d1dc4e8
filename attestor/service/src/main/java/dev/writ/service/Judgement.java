// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Ear;
import dev.writ.ledger.StateChange;
import dev.writ.policy.Decision;
import java.util.List;
import java.util.Optional;

/** What verification and policy together say of an {@link Application}. */
sealed interface Judgement {
  /** Of an application that the host that is named in it made: it becomes a leaf, whatever it is. */
  sealed interface Known extends Judgement {
    /** The policy that was in force. */
    PolicyInForce policy();

    /** The host that asked. */
    KnownHost host();

    /** What its quote means for what it has and will ask. */
    Continuity.Standing standing();

    /** What becomes of the challenge's nonce. */
    Nonce nonce();

    /** The same with another standing and nonce. */
    Known with(Continuity.Standing standing, Nonce nonce);
  }

  /**
   * It may have an artifact.
   *
   * @param allow the policy's word: nothing is signed without one
   * @param grounds what it rests on
   */
  record Granted(Decision.Allow allow, Grounds grounds, Continuity.Standing standing, Nonce nonce)
      implements Known {
    @Override
    public PolicyInForce policy() {
      return grounds.policy();
    }

    @Override
    public KnownHost host() {
      return grounds.host();
    }

    @Override
    public Granted with(Continuity.Standing standing, Nonce nonce) {
      return new Granted(allow, grounds, standing, nonce);
    }
  }

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
   * @param policy that was in force
   * @param denial what the caller is told
   * @param decision the policy's denial, where it came to the policy
   * @param result what was found of the host, where it came to an appraisal
   * @param bootLog to be kept with the decision, where a boot log was read
   * @param approvals those that the policy's rules saw; a denial uses none of them
   */
  record Refused(
      PolicyInForce policy,
      KnownHost host,
      Denial denial,
      Nonce nonce,
      Optional<Decision.Deny> decision,
      Optional<Ear> result,
      Continuity.Standing standing,
      Optional<StateChange> bootLog,
      List<CountedApprovals.Counted> approvals)
      implements Known {
    /** Of a quote that says nothing of the host as it is: it may be an old one. */
    Refused(PolicyInForce policy, KnownHost host, Denial denial, Nonce nonce) {
      this(policy, host, denial, nonce, Continuity.Standing.NONE);
    }

    /** Before it came to an appraisal. */
    Refused(
        PolicyInForce policy,
        KnownHost host,
        Denial denial,
        Nonce nonce,
        Continuity.Standing standing) {
      this(policy, host, denial, nonce, Optional.empty(), Optional.empty(), standing);
    }

    /** Without a boot log, and before rules saw approvals. */
    Refused(
        PolicyInForce policy,
        KnownHost host,
        Denial denial,
        Nonce nonce,
        Optional<Decision.Deny> decision,
        Optional<Ear> result,
        Continuity.Standing standing) {
      this(policy, host, denial, nonce, decision, result, standing, Optional.empty(), List.of());
    }

    @Override
    public Refused with(Continuity.Standing standing, Nonce nonce) {
      return new Refused(
          policy, host, denial, nonce, decision, result, standing, bootLog, approvals);
    }
  }

  /**
   * What a decision does to the challenge's nonce. A challenge is good for one answer, whichever it is;
   * else a denied host could try variations on one challenge.
   */
  enum Nonce {
    /** Spends it; if another decision has, that comes first and this is none. */
    SPENT,
    /** Spends it if no other decision has, and holds in any case: it comes before that question. */
    SPENT_IF_FREE,
    /** Leaves it: it is another decision's. */
    LEFT,
    /** It was spent for this very application, by the leaf that voided what its host had. */
    HELD
  }
}
