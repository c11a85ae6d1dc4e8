// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.CommitOutcome.Reached;
import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.Entry;
import dev.writ.ledger.IssuedArtifact;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.StateChange;
import dev.writ.tlog.Hash;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Lets operators withdraw artifacts: the leaf and the artifact's bit come in one transaction, and the
 * status token that says so is in force before the answer.
 */
public final class Revocations {
  private final Operations operations;
  private final WorkPool reads;
  private final Ledger ledger;
  private final StatusTokens tokens;
  private final InstantSource clock;
  private final SecureRandom random;
  private final Telemetry telemetry;
  private final ScopeRevocations scopes;
  private final HostStates hosts;
  private final Reconciliation reconciliation;

  Revocations(
      Operations operations,
      WorkPool reads,
      Ledger ledger,
      StatusTokens tokens,
      Supplier<Hash> policyLeaf,
      InstantSource clock,
      SecureRandom random,
      Telemetry telemetry) {
    this.operations = operations;
    this.reads = reads;
    this.ledger = ledger;
    this.tokens = tokens;
    this.clock = clock;
    this.random = random;
    this.telemetry = telemetry;
    RevocationScopes found = new RevocationScopes(ledger, policyLeaf, random);
    this.scopes =
        new ScopeRevocations(operations, reads, ledger, found, tokens, clock, random, telemetry);
    this.hosts = new HostStates(operations, reads, ledger, found, scopes, clock, random);
    this.reconciliation =
        new Reconciliation(
            reads, new UnfoundedArtifacts(ledger, found, clock), scopes, telemetry, clock);
  }

  /** Revokes what should not stand, of itself. */
  Reconciliation reconciliation() {
    return reconciliation;
  }

  /** Revocations of many by one leaf. */
  public ScopeRevocations scopes() {
    return scopes;
  }

  /** How hosts stand: with that of one that stands active no more, all that it has ends. */
  public HostStates hosts() {
    return hosts;
  }

  /**
   * Revokes an artifact, expired or not, and all under it. When this says so, the leaf is in the ledger and
   * the status tokens in force have their bits.
   *
   * <p>Of one by which an execution goes on, the one that it began with is revoked first: whatever else of the
   * execution still holds is then renewed no more.
   */
  public CompletionStage<RevocationOutcome> revoke(UuidV7 jti, RevocationReason reason) {
    long began = System.nanoTime();
    return operations.begin(
        "a revocation",
        () ->
            reads
                .submit(() -> beganWith(jti))
                .thenCompose(
                    first ->
                        first.isEmpty()
                            ? one(jti, reason, began)
                            : one(first.get(), reason, began)
                                .thenCompose(
                                    before ->
                                        one(jti, reason, began)
                                            .thenApply(own -> ofBoth(before, own)))),
        RevocationOutcome.Denied::new);
  }

  /** Done where both are: whatever became of the first, the one that was asked for is revoked. */
  private static RevocationOutcome ofBoth(RevocationOutcome first, RevocationOutcome own) {
    boolean done =
        !(first instanceof RevocationOutcome.Denied denied)
            || denied.denial().equals(ALREADY_REVOKED);
    return done || own instanceof RevocationOutcome.Denied ? own : first;
  }

  /** The artifact that the execution began with which another goes on with, if nobody revoked it. */
  private Optional<UuidV7> beganWith(UuidV7 jti) throws LedgerException {
    Optional<IssuedArtifact> artifact = ledger.artifact(jti);
    if (artifact.isEmpty()
        || !(ledger.leaf(artifact.get().leafIndex()).map(Leaf::body).orElse(null)
            instanceof LeafBody.DecisionAllow allow)
        || allow.renews().isEmpty()) {
      return Optional.empty();
    }
    boolean stands =
        ledger.artifact(allow.renews().get()).filter(first -> !first.revoked()).isPresent();
    return stands ? allow.renews() : Optional.empty();
  }

  private CompletionStage<RevocationOutcome> one(UuidV7 jti, RevocationReason reason, long began) {
    return reads
        .submit(() -> entry(jti, reason))
        .thenCompose(
            revocation ->
                ledger
                    .commit(revocation.entry())
                    .thenCompose(outcome -> published(revocation, outcome, began)));
  }

  /** What is to be committed, and of which artifact. */
  private record Revocation(IssuedArtifact artifact, Entry entry) {}

  private Revocation entry(UuidV7 jti, RevocationReason reason) throws LedgerException {
    Optional<IssuedArtifact> artifact = ledger.artifact(jti);
    if (artifact.isEmpty()) {
      throw new DeniedException(UNKNOWN);
    }
    Leaf leaf =
        Leaf.of(
            Instant.ofEpochMilli(clock.millis()),
            UuidV7.next(clock, random),
            List.of(LeafHashes.of(ledger, artifact.get().leafIndex())),
            new LeafBody.Revocation(jti, reason));
    return new Revocation(artifact.get(), Entry.of(leaf, new StateChange.RevokeArtifact(jti)));
  }

  private CompletionStage<RevocationOutcome> published(
      Revocation revocation, CommitOutcome outcome, long began) {
    if (!(outcome instanceof CommitOutcome.Receipt receipt)) {
      return unanswered(revocation.artifact(), outcome);
    }
    RevocationOutcome revoked =
        new RevocationOutcome.Revoked(
            revocation.artifact().jti(), receipt.index(), receipt.leaf().time());
    return published(revocation.artifact())
        .handle(
            (done, failure) -> {
              if (failure != null) {
                return new RevocationOutcome.Denied(NOT_PUBLISHED);
              }
              telemetry.revoked(System.nanoTime() - began);
              return revoked;
            });
  }

  /**
   * Revoked by a leaf that this call has no receipt of: an earlier call's, or its own whose end it did
   * not see. Gateways are told none the later for it.
   */
  private CompletionStage<RevocationOutcome> unanswered(
      IssuedArtifact artifact, CommitOutcome outcome) {
    Denial denial = denial(outcome);
    if (!mayBeRevoked(outcome)) {
      return CompletableFuture.completedFuture(new RevocationOutcome.Denied(denial));
    }
    return published(artifact)
        .handle(
            (done, failure) ->
                new RevocationOutcome.Denied(
                    failure != null && denial.equals(ALREADY_REVOKED) ? NOT_PUBLISHED : denial));
  }

  /** Completes once tokens say so of the artifact and of all under it. */
  private CompletionStage<Void> published(IssuedArtifact artifact) {
    return reads
        .submit(
            () -> {
              Set<Integer> lists = new TreeSet<>(ledger.descendants(artifact.jti()).statusLists());
              artifact.status().ifPresent(status -> lists.add(status.list()));
              return lists;
            })
        .thenCompose(
            lists ->
                CompletableFuture.allOf(
                    lists.stream()
                        .map(list -> tokens.publish(list).toCompletableFuture())
                        .toArray(CompletableFuture<?>[]::new)));
  }

  static boolean mayBeRevoked(CommitOutcome outcome) {
    return outcome instanceof CommitOutcome.Unavailable unavailable
        ? unavailable.reached() != Reached.NOT_COMMITTED
        : outcome instanceof CommitOutcome.Refused refused
            && refused.why() == Refusal.ALREADY_REVOKED;
  }

  static Denial denial(CommitOutcome outcome) {
    if (outcome instanceof CommitOutcome.Unavailable unavailable) {
      return Denial.of(unavailable);
    } else if (outcome instanceof CommitOutcome.Refused refused) {
      return refused.why() == Refusal.ALREADY_REVOKED
          ? ALREADY_REVOKED
          : Denial.unavailable(
              "ledger_refused",
              "the ledger must take the revocation, and refused it: "
                  + refused.why().name().toLowerCase(Locale.ROOT));
    }
    throw new IllegalStateException("bug: a revocation has no preconditions, yet got " + outcome);
  }

  static final Denial NOT_PUBLISHED =
      Denial.unavailable(
          "status_not_published",
          "what was to be revoked is, in the ledger, and no status token says so yet: the next that can"
              + " be made will");

  private static final Denial UNKNOWN =
      new Denial(
          DenialCode.ARTIFACT_MISSING,
          "artifact_unknown",
          "an artifact must have been issued here, and none was with this jti");

  private static final Denial ALREADY_REVOKED =
      new Denial(
          DenialCode.REVOKED, "already_revoked", "an artifact is revoked once, and this one is");
}
