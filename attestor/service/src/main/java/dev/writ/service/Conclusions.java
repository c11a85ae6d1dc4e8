// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.StatusReference;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.Precondition;
import dev.writ.ledger.StatusIndex;
import dev.writ.service.Judgement.Nonce;
import dev.writ.service.SignatureCounts.Fate;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Puts what was judged into the ledger, and says what comes of it: an artifact that is signed and committed, or
 * the denial's leaf. What was signed and not committed never leaves this class.
 */
final class Conclusions {
  /** The nonce is another decision's. */
  private static final Denial CHALLENGE_USED =
      new Denial(
          DenialCode.REPLAYED, "challenge_used", "a challenge is good for one request; ask again");

  /** Who got such an artifact could not use it: verifiers would not know whether it is revoked. */
  private static final Denial STATUS_STALE =
      Denial.unavailable(
          "status_stale",
          "a status token must be younger than half of max_age_s, and none is; ask later");

  private static final Denial INSTANCE_KEY_TAKEN =
      new Denial(
          DenialCode.RUNTIME_INTEGRITY,
          "instance_key_taken",
          "an instance key must be one host's, under one TPM name, and this one is known otherwise");

  private final WorkPool hsm;
  private final Hosts hosts;
  private final Modes modes;
  private final Continuity continuity;
  private final StatusIndices statusIndices;
  private final StatusTokens statusTokens;
  private final ArtifactSigner signer;
  private final DecisionEntries entries;
  private final Ledger ledger;
  private final Telemetry telemetry;

  Conclusions(
      WorkPool hsm,
      Hosts hosts,
      Modes modes,
      Continuity continuity,
      StatusIndices statusIndices,
      StatusTokens statusTokens,
      ArtifactSigner signer,
      DecisionEntries entries,
      Ledger ledger,
      Telemetry telemetry) {
    this.hsm = hsm;
    this.hosts = hosts;
    this.modes = modes;
    this.continuity = continuity;
    this.statusIndices = statusIndices;
    this.statusTokens = statusTokens;
    this.signer = signer;
    this.entries = entries;
    this.ledger = ledger;
    this.telemetry = telemetry;
  }

  /** What comes of a judgement; first of all it withdraws what the host has to lose by it. */
  CompletionStage<Attempt> of(Application application, Judgement.Known judgement) {
    Optional<Continuity.Voiding> voiding = judgement.standing().voiding();
    return voiding.isPresent()
        ? voidFirst(application, judgement, voiding.get())
        : conclude(application, judgement);
  }

  private CompletionStage<Attempt> conclude(Application application, Judgement.Known judgement) {
    return judgement instanceof Judgement.Granted granted
        ? grant(granted)
        : record(application, (Judgement.Refused) judgement);
  }

  /** Withdraws what the host has from before, and goes on once that is in the ledger. */
  private CompletionStage<Attempt> voidFirst(
      Application application, Judgement.Known judgement, Continuity.Voiding voiding) {
    Continuity.Standing standing = judgement.standing();
    return append(entries.voided(application, judgement, voiding))
        .thenCompose(
            outcome -> {
              if (outcome instanceof CommitOutcome.Receipt receipt) {
                recorded(standing, receipt);
                telemetry.voided(voiding.reason());
                DecisionLog.log(receipt, voiding.reason(), voiding.live().number());
                CompletableFuture<?> told =
                    CompletableFuture.allOf(
                        voiding.live().statusLists().stream()
                            .map(list -> statusTokens.publish(list).toCompletableFuture())
                            .toArray(CompletableFuture<?>[]::new));
                Judgement.Known voided = judgement.with(standing.voided(), Nonce.HELD);
                // A host that booted may get its answer first; the next token has the bits in any
                // case, and so it has where none can be made now.
                return voided instanceof Judgement.Granted
                    ? conclude(application, voided)
                    : told.handle((done, failure) -> voided)
                        .thenCompose(each -> conclude(application, each));
              } else if (outcome instanceof CommitOutcome.Replayed) {
                return record(
                    application,
                    new Judgement.Refused(
                        judgement.policy(), judgement.host(), CHALLENGE_USED, Nonce.LEFT));
              }
              return notCommitted(judgement, outcome);
            });
  }

  private CompletionStage<Attempt> grant(Judgement.Granted granted) {
    return statusIndices.next().thenCompose(status -> sign(granted, status));
  }

  private CompletionStage<Attempt> sign(Judgement.Granted granted, StatusIndex status) {
    StatusReference bit = new StatusReference(status.idx(), statusTokens.uri(status.list()));
    return statusTokens
        .fresh(status.list(), granted.policy().epoch())
        .thenCompose(
            token ->
                token.isEmpty()
                    ? record(granted, STATUS_STALE, Nonce.SPENT)
                    : hsm.submit(() -> signer.sign(granted.allow(), granted.grounds(), bit))
                        .thenCompose(signing -> commit(granted, signing, status)));
  }

  private CompletionStage<Attempt> commit(
      Judgement.Granted granted, Signing signing, StatusIndex status) {
    if (signing instanceof Signing.Failed failed) {
      return record(granted, failed.denial(), Nonce.SPENT);
    }
    Signing.Signed signed = (Signing.Signed) signing;
    Artifact artifact = signed.artifact();
    return appendSigned(signed, () -> entries.allowed(granted, artifact, status))
        .thenCompose(
            outcome -> {
              if (outcome instanceof CommitOutcome.Receipt receipt) {
                recorded(granted.standing(), receipt);
                modes.allowed(granted, receipt);
                return answer(artifact, status, receipt);
              } else if (outcome instanceof CommitOutcome.Replayed) {
                return record(granted, CHALLENGE_USED, Nonce.LEFT);
              } else if (outcome instanceof CommitOutcome.Refused refused
                  && refused.why() == CommitOutcome.Refusal.INSTANCE_KEY_TAKEN) {
                return record(granted, INSTANCE_KEY_TAKEN, Nonce.SPENT);
              }
              return notCommitted(granted, outcome);
            });
  }

  /** Whatever becomes of an artifact that was signed, it is accounted for. */
  private CompletionStage<CommitOutcome> appendSigned(
      Signing.Signed signed, Supplier<Entry> allowed) {
    Entry entry;
    try {
      entry = allowed.get();
    } catch (RuntimeException e) {
      signer.ended(signed, Fate.LOST);
      throw e;
    }
    return append(entry)
        .whenComplete(
            (outcome, failure) ->
                signer.ended(signed, failure == null ? Fate.of(outcome) : Fate.UNANSWERED));
  }

  private CompletionStage<Attempt> answer(
      Artifact artifact, StatusIndex status, CommitOutcome.Receipt receipt) {
    String proof = receipt.tlogProof().format();
    return statusTokens
        .fresh(status.list(), artifact.claims().policy().epoch())
        .thenCompose(
            token ->
                token.isEmpty()
                    ? Attempt.decided(new IssuanceOutcome.Denied(STATUS_STALE), receipt)
                    : Attempt.decided(
                        new IssuanceOutcome.Issued(
                            ProofBundle.of(artifact, receipt.leaf(), proof, token.get())),
                        receipt));
  }

  private CompletionStage<Attempt> record(Judgement.Granted granted, Denial denial, Nonce nonce) {
    Grounds grounds = granted.grounds();
    return record(
        grounds.application(),
        nonce == Nonce.LEFT
            ? new Judgement.Refused(grounds.policy(), grounds.host(), denial, nonce)
            : new Judgement.Refused(
                grounds.policy(),
                grounds.host(),
                denial,
                granted.nonce(),
                Optional.empty(),
                Optional.of(grounds.result()),
                granted.standing()));
  }

  private void recorded(Continuity.Standing standing, CommitOutcome.Receipt receipt) {
    standing.seen().ifPresent(seen -> continuity.recorded(seen, receipt.index()));
  }

  /** Puts a denial into the ledger, and answers with it once it is there. */
  private CompletionStage<Attempt> record(Application application, Judgement.Refused refused) {
    return append(entries.denied(application, refused))
        .thenCompose(
            outcome -> {
              if (outcome instanceof CommitOutcome.Receipt receipt) {
                recorded(refused.standing(), receipt);
                return Attempt.decided(
                    new IssuanceOutcome.Denied(refused.denial(), Optional.of(receipt.leaf().id())),
                    receipt);
              } else if (outcome instanceof CommitOutcome.Replayed) {
                return record(
                    application,
                    switch (refused.nonce()) {
                      case SPENT ->
                          new Judgement.Refused(
                              refused.policy(), refused.host(), CHALLENGE_USED, Nonce.LEFT);
                      case SPENT_IF_FREE -> refused.with(Continuity.Standing.NONE, Nonce.LEFT);
                      case LEFT, HELD ->
                          throw new IllegalStateException(
                              "bug: replayed was an entry that took nothing");
                    });
              }
              return notCommitted(refused, outcome);
            });
  }

  private CompletionStage<CommitOutcome> append(Entry entry) {
    long began = System.nanoTime();
    return ledger
        .commit(entry)
        .thenApply(
            outcome -> {
              telemetry.appended(telemetry.ended(Telemetry.Stage.COMMIT, began) - began);
              return outcome;
            });
  }

  private CompletionStage<Attempt> notCommitted(Judgement.Known judgement, CommitOutcome outcome) {
    if (outcome instanceof CommitOutcome.Superseded superseded) {
      hosts.forget(judgement.host().akName());
      continuity.forget(judgement.host().akName());
      return Attempt.superseded(
          Denial.unavailable(
              "state_changed",
              "what a decision rests on must hold when it is committed, and did not: "
                  + needed(superseded.reason())),
          judgement.nonce() == Nonce.HELD);
    }
    if (outcome instanceof CommitOutcome.Unavailable unavailable) {
      return Attempt.ended(Denial.of(unavailable));
    }
    if (outcome instanceof CommitOutcome.Refused refused) {
      return Attempt.ended(
          Denial.unavailable(
              "ledger_refused",
              "the ledger must take the decision, and refused it: "
                  + refused.why().name().toLowerCase(Locale.ROOT)));
    }
    throw new IllegalStateException("bug: a commit outcome that nothing here answers: " + outcome);
  }

  /** What must hold, in words. */
  private static String needed(CommitOutcome.Reason reason) {
    if (reason instanceof Precondition.EpochIs) {
      return "the service's policy is the one in force";
    } else if (reason instanceof Precondition.ModeIs) {
      return "the mode is the one that was decided under";
    } else if (reason instanceof Precondition.HostActive) {
      return "the host is active";
    } else if (reason instanceof Precondition.KeyActive) {
      return "the issuer's key is active and in its window";
    } else if (reason instanceof CommitOutcome.ApprovalGone) {
      return "each approval that it rests on holds and is not used";
    } else if (reason instanceof Precondition.NoTrustAfter) {
      return "the trust file that names its approvers is the newest";
    } else if (reason instanceof CommitOutcome.DelegationSpent) {
      return "the parent may delegate as many uses as the child draws";
    } else if (reason instanceof CommitOutcome.LastSeenMoved) {
      return "what was last seen of the host's TPM is what its quote was judged by";
    }
    return "the parent is live";
  }
}
