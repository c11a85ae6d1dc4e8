// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.MalformedOperationException;
import dev.writ.artifact.Operation;
import dev.writ.artifact.OperationApproval;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.OperatorSignature;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustFile.SuccessorOutcome;
import dev.writ.hsm.HsmException;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.OperationRecord;
import dev.writ.ledger.SigningKey;
import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Does what operators approved, and what follows from it when its time has come. Each step is one entry of
 * the ledger: it is done with all its changes or not at all, and what is to be done next is read from the
 * ledger alone. So a process that dies between two steps goes on where it was, and a step that was done is
 * not done again.
 *
 * <pre>
 * approved rotation ──▶ pre-published ──▶ active, the one before retiring ──▶ retired ──▶ destroyed
 *                       trust file N+1     N+1 in force, at its time           at its end   if approved
 * </pre>
 */
final class KeySteps {
  private static final Set<KeyState> ENDED =
      EnumSet.of(KeyState.RETIRED, KeyState.DESTROYED, KeyState.COMPROMISED);

  /** For how long after its end what operators approved is tried, where the token or the ledger fails. */
  private static final Duration PATIENCE = Duration.ofDays(1);

  private final Ledger ledger;
  private final TrustFiles trust;
  private final KeysInUse keys;
  private final KeyGenerations generations;
  private final StatusTokens statusTokens;
  private final KeyTransitions transitions;
  private final OperationEntries entries;
  private final CheckpointLines checkpoints;
  private final WitnessesInUse witnesses;
  private final Supplier<Duration> longestLife;
  private final InstantSource clock;
  private Set<Hash> linesInUse = Set.of();

  /** Keys that sign no more and that the token may still hold ready. */
  private final Set<Hash> ended = new HashSet<>();

  private final Set<Hash> released = new HashSet<>();

  /**
   * Does nothing yet.
   *
   * @param longestLife of an artifact
   */
  KeySteps(
      Ledger ledger,
      TrustFiles trust,
      KeysInUse keys,
      KeyGenerations generations,
      StatusTokens statusTokens,
      KeyTransitions transitions,
      OperationEntries entries,
      CheckpointLines checkpoints,
      WitnessesInUse witnesses,
      Supplier<Duration> longestLife,
      InstantSource clock) {
    this.ledger = ledger;
    this.trust = trust;
    this.keys = keys;
    this.generations = generations;
    this.statusTokens = statusTokens;
    this.transitions = transitions;
    this.entries = entries;
    this.checkpoints = checkpoints;
    this.witnesses = witnesses;
    this.longestLife = longestLife;
    this.clock = clock;
  }

  /** What is asked of a key beside what its time brings. */
  enum Asked {
    /** To sign, where its time has come. */
    ACTIVATE,
    /** To be retired before its end, now that another signs. */
    RETIRE
  }

  /** Does all that can be done now. What fails is logged, and tried again the next time. */
  synchronized void run() {
    attempt(
        () -> {
          align();
          for (OperationRecord open : ledger.openOperations()) {
            attempt(() -> proceed(open));
          }
          for (SigningKey key : ledger.keys()) {
            attempt(() -> proceed(key));
          }
          release();
        });
  }

  /**
   * Does without the keys that had ended when this was here before: a signature that was begun by one of
   * them in between is made by now.
   */
  private void release() throws LedgerException {
    Set<Hash> endedBefore = Set.copyOf(ended);
    ended.clear();
    for (SigningKey key : ledger.keys()) {
      if (ENDED.contains(key.state()) && !released.contains(key.kid())) {
        ended.add(key.kid());
      }
    }
    for (Hash kid : endedBefore) {
      attempt(
          () -> {
            transitions.release(kid);
            released.add(kid);
          });
    }
  }

  private interface Step {
    void take() throws LedgerException, HsmException;
  }

  /** One that cannot be taken must not keep the others from being. */
  private static void attempt(Step step) {
    try {
      step.take();
    } catch (LedgerException | HsmException | DeniedException e) {
      System.getLogger(KeySteps.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "a step in the life of a key must be done, and was not; it is tried again: {0}",
              e.getMessage());
    } catch (RuntimeException e) {
      // Nor may a defect in one of them, which would come again at each start.
      Defect.log("a step in the life of a key", e);
    }
  }

  private void proceed(SigningKey key) throws LedgerException, HsmException {
    Instant now = clock.instant();
    if (key.state() == KeyState.PREPUBLISHED && !now.isBefore(key.notBefore())) {
      activate(key);
    } else if (key.state() == KeyState.RETIRING
        && !now.isBefore(key.notAfter().plus(longestLife.get()))) {
      retire(key);
    }
  }

  /**
   * Does one step that somebody asks for.
   *
   * @throws DeniedException if its time has not come, or the key is not where the step begins
   */
  synchronized void ask(Hash kid, Asked asked) throws LedgerException {
    SigningKey key =
        ledger
            .key(kid)
            .orElseThrow(() -> denied("key_unknown", "the ledger must know the key, and does not"));
    KeyState begins = asked == Asked.ACTIVATE ? KeyState.PREPUBLISHED : KeyState.RETIRING;
    if (key.state() != begins) {
      throw denied(
          "key_state", "the key must be " + begins.wire() + ", and is " + key.state().wire());
    }
    if (asked == Asked.ACTIVATE && clock.instant().isBefore(key.notBefore())) {
      throw denied(
          "not_yet",
          "the key must sign from " + key.notBefore() + " on, as operators signed, and not before");
    }
    try {
      if (asked == Asked.ACTIVATE) {
        activate(key);
      } else {
        retire(key);
      }
    } catch (HsmException e) {
      throw new DeniedException(new Signing.Failed(e).denial());
    }
  }

  private static DeniedException denied(String reason, String message) {
    return new DeniedException(new Denial(DenialCode.POLICY_DENIED, reason, message));
  }

  private void proceed(OperationRecord open) throws LedgerException, HsmException {
    Proposal proposal = Proposal.decode(open.document());
    Operation operation = proposal.operation();
    boolean superseded = operation.trustVersion() != trust.newest().content().version();
    if (superseded) {
      entries.end(operation, OperationStep.End.FAILED);
      return;
    }
    List<OperationApproval> approvals = counting(open, proposal);
    if (approvals.size() < trust.newest().content().operators().threshold()) {
      if (!operation.isOpen(clock.instant())) {
        entries.end(operation, OperationStep.End.EXPIRED);
      }
      return;
    }
    try {
      carryOut(proposal, approvals);
    } catch (LedgerException | HsmException | DeniedException e) {
      if (!operation.isOpen(clock.instant().minus(PATIENCE))) {
        // Or it would be in the way of all that comes after it, and could not be withdrawn.
        entries.end(operation, OperationStep.End.FAILED);
      }
      throw e;
    }
    align();
  }

  private void carryOut(Proposal proposal, List<OperationApproval> approvals)
      throws LedgerException, HsmException {
    Operation operation = proposal.operation();
    Operation.Change change = operation.change();
    if (change instanceof Operation.RotateKey rotate) {
      transitions.announce(operation, rotate, signed(proposal, approvals));
    } else if (change instanceof Operation.CompromiseKey compromise) {
      // Whatever becomes of it, the lines of checkpoints are seen to again.
      linesInUse = Set.of();
      transitions.disbelieve(operation, compromise, signed(proposal, approvals));
    } else if (change instanceof Operation.DestroyKey destroy) {
      transitions.destroy(operation, destroy.kid());
    } else if (change instanceof Operation.AcceptClock clock) {
      entries.acceptClock(operation, clock);
    } else if (change instanceof Operation.Unfreeze unfreeze) {
      entries.unfreeze(operation, unfreeze);
    } else {
      entries.publish(operation, signed(proposal, approvals));
    }
  }

  /**
   * The approvals, each judged again as of the operation's last moment: the store is not believed, and an
   * approval that came in time counts after it.
   */
  private List<OperationApproval> counting(OperationRecord open, Proposal proposal) {
    List<OperationApproval> counting = new ArrayList<>();
    for (var kept : open.approvals()) {
      try {
        OperationApproval approval = OperationApproval.parse(kept.statement());
        OperationApproval.Outcome outcome =
            approval.judge(
                proposal.operation(),
                proposal.trust().map(TrustFile::content),
                trust.newest().content(),
                proposal.operation().proposed());
        if (outcome instanceof OperationApproval.Outcome.Counts
            && counting.stream().noneMatch(a -> a.approver().equals(approval.approver()))) {
          counting.add(approval);
        }
      } catch (MalformedOperationException e) {
        throw new IllegalStateException("bug: the ledger keeps an approval that is none", e);
      }
    }
    return counting;
  }

  private TrustFile signed(Proposal proposal, List<OperationApproval> approvals) {
    List<OperatorSignature> signatures =
        approvals.stream().map(approval -> approval.trustSignature().orElseThrow()).toList();
    SuccessorOutcome outcome = trust.newest().verifySuccessor(proposal.signed(signatures));
    if (outcome instanceof SuccessorOutcome.Accepted accepted) {
      return accepted.next();
    }
    throw new IllegalStateException(
        "bug: a trust file that operators approved does not follow: " + outcome);
  }

  private void activate(SigningKey key) throws LedgerException, HsmException {
    transitions.activate(key);
    align();
  }

  private void retire(SigningKey key) throws LedgerException, HsmException {
    transitions.retire(key);
    align();
  }

  /** Gateways are to hear of it at once. */
  private void renewStatus() throws LedgerException {
    // The next token says it in any case.
    var unused = statusTokens.publishAll();
  }

  /**
   * Takes into use what the ledger says: after each step, and before, since a step that was not answered
   * may have been done.
   */
  private void align() throws LedgerException {
    boolean changed = trust.align();
    witnesses.align();
    List<SigningKey> known = ledger.keys();
    Set<Hash> lines = CheckpointLines.of(known);
    if (!lines.equals(linesInUse)) {
      ledger.signWith(checkpoints.among(known).signing());
      linesInUse = lines;
    }
    for (SigningKey key : known) {
      if (key.state() == KeyState.ACTIVE
          && !keys.atStart().isEd25519(key.kid())
          && !keys.of(key.role()).kid().equals(key.kid())) {
        keys.use(key.role(), generations.inToken(key.role(), key.kid()));
        changed = true;
      }
    }
    if (changed) {
      renewStatus();
    }
  }
}
