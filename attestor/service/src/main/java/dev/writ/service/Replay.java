// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Evaluation;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.artifact.TrustFile;
import dev.writ.evidence.EndorsementTrust;
import dev.writ.evidence.EndorsementVerifier;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.RecordedLog;
import dev.writ.ledger.StoredLedger.StoredLeaf;
import java.security.Provider;
import java.util.Optional;

/**
 * Decides once more what a service decided, from the Evidence on, and compares each step with what is
 * recorded, byte for byte. It reads the store and believes none of it: the tree vouches for a leaf, the leaf
 * for what lies beside it, and the host's key for its quote. It reads no clock.
 *
 * <p>What only the service saw stands as it is recorded, and is looked at by nobody here: what a connection
 * showed, and whether the challenge was its own, for the key of that MAC is secret and does not live long.
 * Of what came before a denial that is no policy's, a host's state and its last quote are not kept. Who set
 * a request in motion stands as recorded; who approved it is found again among the leaf's parents.
 *
 * <p>Safe for use by any number of threads.
 */
public final class Replay implements StoredRange.Work<Replayed> {
  private final ServiceIdentity identity;
  private final RecordedGrounds grounds;

  /**
   * Replays of a store's decisions.
   *
   * @param identity who decided
   * @param trust the trust file with which the ledger began, or a later one of its own
   * @param makers the TPM makers that are believed
   * @param signatures verifies signatures
   * @throws ServiceStartException if the ledger's trust files do not follow that one
   */
  public Replay(
      RecordedLog ledger,
      ServiceIdentity identity,
      TrustFile trust,
      EndorsementTrust makers,
      Provider signatures)
      throws LedgerException, ServiceStartException {
    this.identity = identity;
    this.grounds =
        new RecordedGrounds(
            ledger, TrustFiles.open(trust, ledger), new EndorsementVerifier(makers), signatures);
  }

  /**
   * Replays a leaf; empty where it is proven and not of a decision, but for one that says that a
   * break-glass began and does not begin one.
   *
   * @param payload what lies beside it
   */
  @Override
  public Optional<Replayed> on(StoredLeaf stored, Optional<byte[]> payload) throws LedgerException {
    ReplaySteps steps = new ReplaySteps();
    Leaf leaf;
    try {
      leaf = Leaf.parse(stored.bytes());
    } catch (MalformedLeafException e) {
      steps.say(
          new StepOutcome.Contradicts(
              "leaf " + stored.index(), "a leaf", String.valueOf(e.getMessage())));
      return Optional.of(steps.replayed(stored.index(), Optional.empty(), "unreadable"));
    }
    Optional<Evaluation> evaluation =
        leaf.body() instanceof Evaluation answer ? Optional.of(answer) : Optional.empty();
    if (stored.isProven() && !KeptDecision.isDecision(leaf) && evaluation.isEmpty()) {
      return forged(stored.index(), leaf);
    }
    if (stored.isProven()) {
      steps.same();
    } else {
      steps.say(
          new StepOutcome.Contradicts(
              "leaf " + stored.index(),
              "the one whose hash the tree has",
              "one of hash " + stored.hash()));
    }
    if (KeptDecision.isDecision(leaf)) {
      new ReplayWalk(identity, grounds, stored.index(), leaf, steps).walk(payload);
    } else if (evaluation.isPresent()) {
      new ReplayedEvaluation(identity, grounds, stored.index(), leaf, evaluation.get(), steps)
          .walk(payload);
    }
    return Optional.of(
        steps.replayed(stored.index(), Optional.of(leaf.id().toString()), verdict(leaf)));
  }

  /** Decisions after such a leaf were made without it: it is named, and not they. */
  private Optional<Replayed> forged(long index, Leaf leaf) throws LedgerException {
    Optional<ContradictionException> wrong;
    try {
      wrong = grounds.modes().notBegun(index, leaf).map(RecordedModes.NotBegun::contradiction);
    } catch (ContradictionException e) {
      wrong = Optional.of(e);
    }
    if (wrong.isEmpty()) {
      return Optional.empty();
    }
    ReplaySteps steps = new ReplaySteps();
    steps.same();
    steps.begin(ReplayStep.POLICY);
    steps.say(wrong.get().outcome());
    return Optional.of(steps.replayed(index, Optional.of(leaf.id().toString()), "breakglass"));
  }

  @Override
  public Replayed unreadable(long first, String why) {
    ReplaySteps steps = new ReplaySteps();
    steps.say(new StepOutcome.Contradicts("leaves from " + first + " on", "the tree's", why));
    return steps.replayed(first, Optional.empty(), "unreadable");
  }

  private static String verdict(Leaf leaf) {
    if (leaf.body() instanceof LeafBody.DecisionAllow) {
      return "allow";
    } else if (leaf.body() instanceof Evaluation evaluation) {
      return evaluation.verdict();
    }
    return leaf.body() instanceof LeafBody.DecisionDeny ? "deny" : "unreadable";
  }

  RecordedGrounds grounds() {
    return grounds;
  }

  ServiceIdentity identity() {
    return identity;
  }
}
