// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.KeyChange;
import dev.writ.artifact.KeyHandover;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedOperationException;
import dev.writ.artifact.Operation;
import dev.writ.artifact.OperationApproval;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.OperatorSignature;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustFile.SuccessorOutcome;
import dev.writ.artifact.TrustReference;
import dev.writ.artifact.TrustedKey;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.VerificationKey;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.HsmKey;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.OperationEnd;
import dev.writ.ledger.OperationRecord;
import dev.writ.ledger.SigningKey;
import dev.writ.ledger.StateChange;
import dev.writ.tlog.Hash;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

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
  /** Operations that are looked through for that which a key's step follows from. */
  private static final int MOST_OPERATIONS = 1_000;

  private final Ledger ledger;
  private final TrustFiles trust;
  private final KeysInUse keys;
  private final KeyGenerations generations;
  private final StatusTokens statusTokens;
  private final SignatureCounts counts;
  private final Duration longestLife;
  private final InstantSource clock;
  private final SecureRandom random;

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
      SignatureCounts counts,
      Duration longestLife,
      InstantSource clock,
      SecureRandom random) {
    this.ledger = ledger;
    this.trust = trust;
    this.keys = keys;
    this.generations = generations;
    this.statusTokens = statusTokens;
    this.counts = counts;
    this.longestLife = longestLife;
    this.clock = clock;
    this.random = random;
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
        });
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
    }
  }

  private void proceed(SigningKey key) throws LedgerException, HsmException {
    Instant now = clock.instant();
    if (key.state() == KeyState.PREPUBLISHED && !now.isBefore(key.notBefore())) {
      activate(key);
    } else if (key.state() == KeyState.RETIRING
        && !now.isBefore(key.notAfter().plus(longestLife))) {
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
      end(operation, OperationEnd.FAILED, OperationStep.End.FAILED);
      return;
    }
    List<OperationApproval> approvals = counting(open, proposal);
    if (approvals.size() < trust.newest().content().operators().threshold()) {
      if (!operation.isOpen(clock.instant())) {
        end(operation, OperationEnd.EXPIRED, OperationStep.End.EXPIRED);
      }
      return;
    }
    Operation.Change change = operation.change();
    if (change instanceof Operation.RotateKey rotate) {
      announce(operation, rotate, signed(proposal, approvals));
    } else if (change instanceof Operation.CompromiseKey compromise) {
      disbelieve(operation, compromise, signed(proposal, approvals));
    } else if (change instanceof Operation.DestroyKey destroy) {
      destroy(operation, destroy.kid());
    } else {
      publish(operation, signed(proposal, approvals));
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

  private void announce(Operation operation, Operation.RotateKey rotate, TrustFile next)
      throws LedgerException, HsmException {
    HsmKey from = inToken(rotate.role(), rotate.from());
    HsmKey to = inToken(rotate.role(), rotate.to());
    KeyHandover statement =
        new KeyHandover(
            operation.issuer(),
            rotate.role(),
            rotate.from(),
            VerificationKey.of(to.publicKey()),
            rotate.activates(),
            operation.digest());
    byte[] input = statement.signingInput();
    KeyHandover.Signed handover =
        new KeyHandover.Signed(
            statement,
            counts.signed(SignatureCounts.Kind.HANDOVER, from, input),
            counts.signed(SignatureCounts.Kind.HANDOVER, to, input));
    TrustedKey before = believed(next, rotate.from());
    TrustedKey after = believed(next, rotate.to());
    commit(
        new KeyChange(
            rotate.to(),
            rotate.role(),
            KeyState.PREPUBLISHED,
            operation.digest(),
            Optional.of(handover),
            Optional.empty(),
            OptionalLong.empty(),
            Optional.of(TrustReference.of(next))),
        new StateChange.SetKey(
            rotate.to(), rotate.role(), KeyState.PREPUBLISHED, rotate.activates(), after.exp()),
        // What it signs last must not outlive the belief in it.
        new StateChange.SetKey(
            rotate.from(),
            rotate.role(),
            KeyState.ACTIVE,
            before.nbf(),
            before.exp().minus(longestLife)),
        new StateChange.PublishTrust(next.content().version(), next.toJson()),
        new StateChange.EndOperation(operation.digest(), OperationEnd.EXECUTED));
    align();
  }

  private void activate(SigningKey key) throws LedgerException, HsmException {
    // Before the ledger says that it signs.
    var unused = inToken(key.role(), key.kid());
    Rotation rotation =
        rotations().stream()
            .filter(r -> r.change().to().equals(key.kid()))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("bug: a key was announced by nobody"));
    SigningKey from = ledger.key(rotation.change().from()).orElseThrow();
    List<StateChange> changes = new ArrayList<>();
    if (from.state() == KeyState.ACTIVE) {
      changes.add(
          new StateChange.SetKey(
              from.kid(), from.role(), KeyState.RETIRING, from.notBefore(), from.notAfter()));
    }
    changes.add(
        new StateChange.SetKey(
            key.kid(), key.role(), KeyState.ACTIVE, key.notBefore(), key.notAfter()));
    if (rotation.trustVersion() > trust.inForce()) {
      changes.add(new StateChange.PutTrustInForce(rotation.trustVersion()));
    }
    commit(
        new KeyChange(
            key.kid(),
            key.role(),
            KeyState.ACTIVE,
            rotation.operation().digest(),
            Optional.empty(),
            Optional.of(from.kid()),
            OptionalLong.empty(),
            Optional.empty()),
        changes.toArray(StateChange[]::new));
    align();
  }

  private void retire(SigningKey key) throws LedgerException, HsmException {
    Hash operation =
        rotations().stream()
            .filter(r -> r.change().from().equals(key.kid()))
            .map(r -> r.operation().digest())
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("bug: a key retires after no rotation"));
    commit(
        new KeyChange(
            key.kid(),
            key.role(),
            KeyState.RETIRED,
            operation,
            Optional.empty(),
            Optional.empty(),
            OptionalLong.empty(),
            Optional.empty()),
        new StateChange.SetKey(
            key.kid(), key.role(), KeyState.RETIRED, key.notBefore(), key.notAfter()));
    release(key);
  }

  private void disbelieve(Operation operation, Operation.CompromiseKey compromise, TrustFile next)
      throws LedgerException, HsmException {
    SigningKey key = ledger.key(compromise.kid()).orElseThrow();
    List<StateChange> changes = new ArrayList<>();
    changes.add(
        new StateChange.SetKey(
            key.kid(), key.role(), KeyState.COMPROMISED, key.notBefore(), key.notAfter()));
    if (compromise.replacement().isPresent()) {
      TrustedKey after = believed(next, compromise.replacement().get());
      var unused = inToken(key.role(), compromise.replacement().get());
      changes.add(
          new StateChange.SetKey(
              compromise.replacement().get(),
              key.role(),
              KeyState.ACTIVE,
              after.nbf(),
              after.exp()));
    }
    if (key.role() == KeyRole.ISSUER && key.activatedIndex().isPresent()) {
      changes.add(
          new StateChange.VoidArtifactsBetween(
              Math.max(compromise.fromIndex().orElse(0), key.activatedIndex().getAsLong()),
              key.endedIndex().orElse(Long.MAX_VALUE)));
    }
    changes.add(new StateChange.PublishTrust(next.content().version(), next.toJson()));
    changes.add(new StateChange.PutTrustInForce(next.content().version()));
    changes.add(new StateChange.EndOperation(operation.digest(), OperationEnd.EXECUTED));
    commit(
        new KeyChange(
            key.kid(),
            key.role(),
            KeyState.COMPROMISED,
            operation.digest(),
            Optional.empty(),
            compromise.replacement(),
            compromise.fromIndex(),
            Optional.of(TrustReference.of(next))),
        changes.toArray(StateChange[]::new));
    align();
    release(key);
  }

  private void destroy(Operation operation, Hash kid) throws LedgerException, HsmException {
    SigningKey key = ledger.key(kid).orElseThrow();
    // The token first: a leaf that says it of a key that is still there would be untrue.
    Optional<HsmKey> there = keys.find(key.role(), kid);
    if (there.isPresent()) {
      there.get().token().destroy(there.get().spec());
    }
    List<StateChange> changes = new ArrayList<>();
    if (key.state() != KeyState.COMPROMISED) {
      changes.add(
          new StateChange.SetKey(
              key.kid(), key.role(), KeyState.DESTROYED, key.notBefore(), key.notAfter()));
    }
    changes.add(new StateChange.EndOperation(operation.digest(), OperationEnd.EXECUTED));
    commit(
        new KeyChange(
            key.kid(),
            key.role(),
            KeyState.DESTROYED,
            operation.digest(),
            Optional.empty(),
            Optional.empty(),
            OptionalLong.empty(),
            Optional.empty()),
        changes.toArray(StateChange[]::new));
  }

  private void publish(Operation operation, TrustFile next) throws LedgerException {
    commit(
        new OperationStep.Ended(
            operation.change().kind(),
            operation.digest(),
            OperationStep.End.EXECUTED,
            Optional.of(TrustReference.of(next))),
        new StateChange.PublishTrust(next.content().version(), next.toJson()),
        new StateChange.PutTrustInForce(next.content().version()),
        new StateChange.EndOperation(operation.digest(), OperationEnd.EXECUTED));
    align();
  }

  private void end(Operation operation, OperationEnd end, OperationStep.End told) {
    commit(
        new OperationStep.Ended(
            operation.change().kind(), operation.digest(), told, Optional.empty()),
        new StateChange.EndOperation(operation.digest(), end));
  }

  /** Gateways are to hear of it at once. */
  private void renewStatus() throws LedgerException {
    for (int list : ledger.statusLists()) {
      // The next token says it in any case.
      var unused = statusTokens.publish(list);
    }
  }

  /** A key that signs no more need not be there when the token comes back from a loss. */
  private void release(SigningKey key) throws HsmException {
    Optional<HsmKey> there = keys.find(key.role(), key.kid());
    if (there.isPresent()) {
      there.get().token().release(there.get().spec());
    }
  }

  private HsmKey inToken(KeyRole role, Hash kid) {
    return generations.inToken(role, kid);
  }

  private static TrustedKey believed(TrustFile file, Hash kid) {
    return file.content().keys().stream()
        .filter(key -> key.key().kid().equals(kid))
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException("bug: the trust file lacks its operation's key"));
  }

  /** A rotation that was done. */
  private record Rotation(Operation operation, Operation.RotateKey change) {
    /** Of the trust file that came of it. */
    long trustVersion() {
      return operation.trustVersion() + 1;
    }
  }

  /** Newest first. */
  private List<Rotation> rotations() throws LedgerException {
    List<Rotation> rotations = new ArrayList<>();
    for (OperationRecord done : ledger.operations(MOST_OPERATIONS)) {
      Operation operation = Proposal.decode(done.document()).operation();
      if (done.end().equals(Optional.of(OperationEnd.EXECUTED))
          && operation.change() instanceof Operation.RotateKey rotate) {
        rotations.add(new Rotation(operation, rotate));
      }
    }
    return rotations;
  }

  /**
   * Takes into use what the ledger says: after each step, and before, since a step that was not answered
   * may have been done.
   */
  private void align() throws LedgerException {
    boolean changed = trust.align();
    for (SigningKey key : ledger.keys()) {
      if (key.state() == KeyState.ACTIVE
          && key.role() != KeyRole.CHECKPOINT
          && !keys.of(key.role()).kid().equals(key.kid())) {
        keys.use(key.role(), inToken(key.role(), key.kid()));
        changed = true;
      }
    }
    if (changed) {
      renewStatus();
    }
  }

  private void commit(LeafBody body, StateChange... changes) {
    Leaf leaf =
        Leaf.of(Instant.ofEpochMilli(clock.millis()), UuidV7.next(clock, random), List.of(), body);
    CommitOutcome outcome = ledger.commit(Entry.of(leaf, changes)).toCompletableFuture().join();
    if (!(outcome instanceof CommitOutcome.Receipt)) {
      System.getLogger(KeySteps.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "the ledger must take a step in the life of a key, and did not: {0}",
              outcome);
    }
  }
}
