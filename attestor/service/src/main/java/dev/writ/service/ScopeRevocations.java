// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.RevokedBy;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.StateChange;
import dev.writ.service.RevocationScopes.Meant;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Withdraws all artifacts of a host, an issuer's key, a policy epoch, a workload or a range of the ledger that
 * stand, and all that were issued under them: one leaf and one transaction, or where they are very many one
 * after the other, so that issuing goes on between; and status tokens that say so before the answer.
 */
public final class ScopeRevocations {
  private final Operations operations;
  private final WorkPool reads;
  private final Ledger ledger;
  private final RevocationScopes scopes;
  private final StatusTokens tokens;
  private final InstantSource clock;
  private final SecureRandom random;
  private final Telemetry telemetry;

  ScopeRevocations(
      Operations operations,
      WorkPool reads,
      Ledger ledger,
      RevocationScopes scopes,
      StatusTokens tokens,
      InstantSource clock,
      SecureRandom random,
      Telemetry telemetry) {
    this.operations = operations;
    this.reads = reads;
    this.ledger = ledger;
    this.scopes = scopes;
    this.tokens = tokens;
    this.clock = clock;
    this.random = random;
    this.telemetry = telemetry;
  }

  /**
   * What is to be committed, and how many artifacts stood before it.
   *
   * @param parts at least one, for a leaf each that says the same
   */
  private record Revocation(
      Meant meant, LeafBody.ScopeRevocation body, long artifacts, List<StateChange> parts) {}

  /** Says what {@link #revoke} would revoke, and revokes nothing. */
  public CompletionStage<ScopeOutcome> count(RevocationTarget target) {
    return operations.begin(
        "the count of a revocation",
        () ->
            reads.submit(
                () -> {
                  Meant meant = scopes.find(target);
                  long artifacts = ledger.liveArtifacts(meant.artifacts()).number();
                  return new ScopeOutcome.Counted(meant.scope(), artifacts);
                }),
        ScopeOutcome.Denied::new);
  }

  /**
   * Revokes what stands of a scope, be it nothing. When this says so, the leaf is in the ledger and the status
   * tokens in force have their bits.
   *
   * @param most how many there may be; where more stand, nothing is revoked
   */
  public CompletionStage<ScopeOutcome> revoke(
      RevocationTarget target, RevocationReason reason, OptionalLong most) {
    return operations.begin(
        "a revocation",
        () ->
            reads
                .submit(() -> revocation(scopes.find(target), reason, RevokedBy.OPERATOR, most))
                .thenCompose(this::made),
        ScopeOutcome.Denied::new);
  }

  /** The same, of what the service finds by itself. */
  CompletionStage<ScopeOutcome> revoke(Meant meant, RevocationReason reason, RevokedBy by) {
    return reads
        .submit(() -> revocation(meant, reason, by, OptionalLong.empty()))
        .thenCompose(this::made);
  }

  /** Has status tokens say what the ledger says; gives why not, where they do not yet. */
  CompletionStage<Optional<Denial>> told() {
    return publishAll()
        .handle(
            (done, failure) ->
                failure == null
                    ? Optional.<Denial>empty()
                    : Optional.of(Revocations.NOT_PUBLISHED));
  }

  private Revocation revocation(
      Meant meant, RevocationReason reason, RevokedBy by, OptionalLong most)
      throws LedgerException {
    long artifacts = ledger.liveArtifacts(meant.artifacts()).number();
    if (artifacts > most.orElse(Long.MAX_VALUE)) {
      throw new DeniedException(
          new Denial(
              DenialCode.SCOPE_EXCEEDED,
              "more_than_most",
              "at most "
                  + most.getAsLong()
                  + " artifacts must stand of what is to be revoked, stand "
                  + artifacts));
    }
    return new Revocation(
        meant,
        new LeafBody.ScopeRevocation(meant.scope(), reason, by),
        artifacts,
        ledger.revocationsOf(meant.artifacts()));
  }

  private Entry entry(Revocation revocation, int part) {
    Leaf leaf =
        Leaf.of(
            Instant.ofEpochMilli(clock.millis()),
            UuidV7.next(clock, random),
            revocation.meant().parents(),
            revocation.body());
    return new Entry(
        leaf, List.of(revocation.parts().get(part)), List.of(), revocation.meant().payload());
  }

  private CompletionStage<ScopeOutcome> made(Revocation revocation) {
    return made(revocation, 0, System.nanoTime());
  }

  private CompletionStage<ScopeOutcome> made(Revocation revocation, int part, long began) {
    return ledger
        .commit(entry(revocation, part))
        .thenCompose(
            outcome ->
                outcome instanceof CommitOutcome.Receipt && part + 1 < revocation.parts().size()
                    ? made(revocation, part + 1, began)
                    : published(revocation, outcome, began));
  }

  private CompletionStage<ScopeOutcome> published(
      Revocation revocation, CommitOutcome outcome, long began) {
    if (!(outcome instanceof CommitOutcome.Receipt receipt)) {
      if (Revocations.mayBeRevoked(outcome)) {
        // Gateways are told none the later for it.
        CompletionStage<Void> unused = publishAll();
      }
      return CompletableFuture.completedFuture(
          new ScopeOutcome.Denied(Revocations.denial(outcome)));
    }
    DecisionLog.log(receipt, revocation.body(), revocation.artifacts());
    return publishAll()
        .handle(
            (done, failure) -> {
              if (failure != null) {
                return new ScopeOutcome.Denied(Revocations.NOT_PUBLISHED);
              }
              telemetry.revoked(System.nanoTime() - began);
              return new ScopeOutcome.Revoked(
                  revocation.meant().scope(),
                  revocation.artifacts(),
                  receipt.index(),
                  receipt.leaf().time());
            });
  }

  /** Of all lists: what was issued since the artifacts were counted may have bits in another. */
  private CompletionStage<Void> publishAll() {
    return reads.submit(tokens::publishAll).thenCompose(published -> published);
  }
}
