// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.StatusReference;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.Precondition;
import dev.writ.ledger.StatusIndex;
import dev.writ.service.Judgement.Nonce;
import dev.writ.service.SignatureCounts.Fate;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The issuance pipeline: verify → decide → sign the artifact → commit → sign the tree head → answer.
 *
 * <pre>
 * caller ──▶ appraisal ──────▶ hsm ─────────────────▶ ledger ──────────────▶ answer
 *            verify, decide    make, sign artifact    commit, sign the head  on the ledger's thread
 * </pre>
 *
 * <p>Every decision on a host that showed to be the one that asks is in the ledger, under a signed
 * checkpoint, before it is answered. What no enrolled host asked is counted, and no more. Without a
 * receipt there is no artifact: one that was signed and not committed never leaves this class. While the
 * token is away nothing is decided: who asks is refused at once, which is counted.
 */
public final class Issuance {
  private final Operations operations;
  private final WorkPool appraisal;
  private final WorkPool hsm;
  private final Hosts hosts;
  private final Policies policies;
  private final Modes modes;
  private final Judge judge;
  private final Initiators initiators;
  private final Continuity continuity;
  private final StatusIndices statusIndices;
  private final StatusTokens statusTokens;
  private final ArtifactSigner signer;
  private final DecisionEntries entries;
  private final Ledger ledger;
  private final Refusals refusals;
  private final Telemetry telemetry;

  Issuance(
      Operations operations,
      WorkPool appraisal,
      WorkPool hsm,
      Hosts hosts,
      Policies policies,
      Modes modes,
      Judge judge,
      Initiators initiators,
      Continuity continuity,
      StatusIndices statusIndices,
      StatusTokens statusTokens,
      ArtifactSigner signer,
      DecisionEntries entries,
      Ledger ledger,
      Refusals refusals,
      Telemetry telemetry) {
    this.operations = operations;
    this.appraisal = appraisal;
    this.hsm = hsm;
    this.hosts = hosts;
    this.policies = policies;
    this.modes = modes;
    this.judge = judge;
    this.initiators = initiators;
    this.continuity = continuity;
    this.statusIndices = statusIndices;
    this.statusTokens = statusTokens;
    this.signer = signer;
    this.entries = entries;
    this.ledger = ledger;
    this.refusals = refusals;
    this.telemetry = telemetry;
  }

  /**
   * Decides on an application and answers when the decision is durable. Whatever fails on the way ends
   * in {@code unverifiable}.
   *
   * @return completes on a thread of the service: hand over from there whatever may block
   */
  public CompletionStage<IssuanceOutcome> issue(Application application) {
    return issue(application, Channel.UNSEEN);
  }

  /**
   * The same.
   *
   * @param channel over which it came
   */
  CompletionStage<IssuanceOutcome> issue(Application application, Channel channel) {
    long asked = System.nanoTime();
    return operations
        .begin(
            "an issuance",
            () ->
                initiatorKeys(application)
                    .thenCompose(ready -> attempt(application, channel, false))
                    // Decide once more, on what is then in force.
                    .thenCompose(
                        first ->
                            first.superseded()
                                ? signer
                                    .settled()
                                    .thenCompose(settled -> appraisal.submit(this::followed))
                                    .thenCompose(
                                        settled ->
                                            attempt(application, channel, first.holdsNonce()))
                                : CompletableFuture.completedFuture(first))
                    .thenApply(attempt -> logged(attempt, asked)),
            IssuanceOutcome.Denied::new)
        .thenApply(outcome -> measured(outcome, asked));
  }

  /**
   * Completes once keys were looked for that the initiator's token needs. An identity provider is waited
   * for only by what a host is shown to ask: whoever else makes up a token is judged at once.
   */
  private CompletionStage<Void> initiatorKeys(Application application) {
    return initiators.lacksKeys(application)
        ? appraisal
            .submit(() -> judge.isAHosts(application))
            .thenCompose(
                asked ->
                    asked
                        ? initiators.ready(application)
                        : CompletableFuture.<Void>completedFuture(null))
        : CompletableFuture.completedFuture(null);
  }

  /** What changed under a decision may be policy or mode: by another node, or this one a moment ago. */
  private boolean followed() throws LedgerException {
    policies.align();
    modes.align();
    return true;
  }

  /**
   * One way through the pipeline.
   *
   * @param holdsNonce whether the challenge's nonce was spent for this application on an earlier way
   */
  private CompletionStage<Attempt> attempt(
      Application application, Channel channel, boolean holdsNonce) {
    // Without the token neither artifact nor head would be signed: nobody would get a receipt for a
    // leaf, and behind a call that hangs the answer would come late. Without a policy there is none
    // to
    // name in a leaf.
    Optional<Denial> away = away();
    if (away.isPresent()) {
      refusals.count(away.get());
      return ended(away.get());
    }
    return appraisal
        .submit(() -> judge.judge(application, channel))
        .thenCompose(
            judgement -> {
              if (!(judgement instanceof Judgement.Known known)) {
                return refuse(judgement);
              }
              Judgement.Known asked = holdsNonce ? known.with(known.standing(), Nonce.HELD) : known;
              return asked.standing().voiding().isPresent()
                  ? voidFirst(application, asked, asked.standing().voiding().get())
                  : conclude(application, asked);
            });
  }

  /**
   * Answers questions by the same policies, pool and ledger.
   *
   * @param tenant on whose behalf
   * @param judge judges bundles
   * @param nanos a clock such as {@link System#nanoTime}
   */
  Evaluations evaluations(
      String tenant,
      BundleJudge judge,
      InstantSource clock,
      SecureRandom random,
      LongSupplier nanos) {
    return new Evaluations(
        operations,
        appraisal,
        ledger,
        policies,
        modes,
        this::away,
        tenant,
        new ShownArtifacts(judge, ledger, tenant, clock, random),
        Evaluations.standardRate(nanos),
        clock,
        random,
        refusals,
        telemetry);
  }

  /** Why nothing can be decided now, where that is known beforehand. */
  Optional<Denial> away() {
    return signer.away().or(policies::unusable);
  }

  /** Not a leaf: nobody known asked, or too often. */
  private CompletionStage<Attempt> refuse(Judgement judgement) {
    Denial denial =
        judgement instanceof Judgement.Unauthenticated stranger
            ? stranger.denial()
            : HostRate.EXCEEDED;
    refusals.count(denial);
    return ended(denial);
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
                    ? decided(new IssuanceOutcome.Denied(STATUS_STALE), receipt)
                    : decided(
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
                return decided(
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
      return CompletableFuture.completedFuture(
          new Attempt(
              new IssuanceOutcome.Denied(
                  Denial.unavailable(
                      "state_changed",
                      "what a decision rests on must hold when it is committed, and did not: "
                          + needed(superseded.reason()))),
              true,
              judgement.nonce() == Nonce.HELD,
              Optional.empty()));
    }
    if (outcome instanceof CommitOutcome.Unavailable unavailable) {
      return ended(Denial.of(unavailable));
    }
    if (outcome instanceof CommitOutcome.Refused refused) {
      return ended(
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

  /**
   * How one way through the pipeline ended.
   *
   * @param superseded whether state that the decision used changed under it; nothing was kept then
   * @param holdsNonce whether the challenge's nonce was spent for this application all the same
   * @param receipt of the decision's leaf, where there is one
   */
  private record Attempt(
      IssuanceOutcome outcome,
      boolean superseded,
      boolean holdsNonce,
      Optional<CommitOutcome.Receipt> receipt) {}

  private static CompletionStage<Attempt> decided(
      IssuanceOutcome outcome, CommitOutcome.Receipt receipt) {
    return CompletableFuture.completedFuture(
        new Attempt(outcome, false, false, Optional.of(receipt)));
  }

  private static CompletionStage<Attempt> ended(IssuanceOutcome outcome) {
    return CompletableFuture.completedFuture(new Attempt(outcome, false, false, Optional.empty()));
  }

  private static CompletionStage<Attempt> ended(Denial denial) {
    return ended(new IssuanceOutcome.Denied(denial));
  }

  private static IssuanceOutcome logged(Attempt attempt, long asked) {
    attempt.receipt().ifPresent(receipt -> DecisionLog.log(receipt, asked));
    return attempt.outcome();
  }

  private IssuanceOutcome measured(IssuanceOutcome outcome, long asked) {
    if (outcome instanceof IssuanceOutcome.Denied denied) {
      telemetry.denied(denied.denial().code());
    } else {
      telemetry.allowed();
    }
    telemetry.ended(Telemetry.Stage.ANSWER, asked);
    return outcome;
  }

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
}
